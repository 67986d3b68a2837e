"""Use cases of the HR backend: one transaction each, with the person or device that asks."""
