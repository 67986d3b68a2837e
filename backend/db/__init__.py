"""Tables, engine and migrations of the HR backend."""
