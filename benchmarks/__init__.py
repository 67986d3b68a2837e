"""Measurements to run by hand: `python -m benchmarks.NAME`. They print figures and are no tests."""
