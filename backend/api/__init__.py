"""HTTP side of the device API (docs/sync.md)."""
