"""What the screens show and what happens on a click, in plain Python without Qt."""
