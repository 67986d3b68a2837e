"""Makes the speech model of the tests: a very small Whisper over a closed vocabulary, spoken by espeak-ng."""
