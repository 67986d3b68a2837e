"""Where delivered objects are kept."""
