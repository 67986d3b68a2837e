"""Long runs that look for what a short test cannot show: `python3 dev.py campaign NAME`."""
