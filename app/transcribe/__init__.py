"""Speech recognition on the device: a worker process holds the model, a supervisor keeps every job alive.

Importing this package is cheap; faster-whisper is only ever imported inside the worker.
"""
