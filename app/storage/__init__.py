"""What the client keeps on the device: one SQLite database, sealed files, and keys in a keystore.

The composition root builds, in this order: ``Database``, ``open_keystore``, ``InterviewKeys``, ``Vault``,
``EnrolmentRepository``, ``SqliteShelf``, ``SqliteInterviewStore``, ``Outbox``, and then calls ``recovery.recover``.
"""
