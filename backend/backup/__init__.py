"""Backups at a second place, and the way back."""
