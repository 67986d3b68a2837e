"""A language model's second opinion: what it is given, how it is asked, and what of its answer is kept."""
