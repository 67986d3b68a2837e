"""What is kept when the program fails: places in the code, versions and the last screen; never a value or a message."""
