"""Cameras, microphones and recording. OpenCV, PortAudio and PyAV live only here and are loaded on first use."""
