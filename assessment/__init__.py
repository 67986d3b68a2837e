"""Scores of answers: the same on the device and at HR, every point explained.

Pure functions of plain data; only folders of models are read. See docs/assessment.md.
"""

# Goes up with every change that gives any answer another score: a score names it, and old ones keep theirs.
ENGINE = 3
