"""What the client keeps on the device: one SQLite database, sealed files, and keys in a keystore."""
