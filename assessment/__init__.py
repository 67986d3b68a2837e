"""Scores of answers: the same on the device and at HR, every point explained.

Pure functions of plain data; only folders of models are read. See docs/assessment.md.
"""
