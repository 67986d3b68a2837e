"""Messages that leave the server: what they say, over which channels, and the thread that sends them."""
