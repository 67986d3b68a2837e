"""What the client keeps on the device: one SQLite database, sealed files, and keys in a keystore.

The composition root builds, in this order: ``open_keystore``, ``Database``, ``EnrolmentRepository``, ``Vault``,
``SqliteShelf``, ``SqliteInterviewStore``, ``Outbox``, and then calls ``recover``.
"""
