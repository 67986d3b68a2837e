"""Settings of the HR backend: each is a flag, an ``XUDA_HR_*`` variable and a TOML key (same name)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from backend.opinion.settings import SecondOpinion
from backend.sending.settings import Sending


@dataclass(frozen=True)
class Settings:
    """``data``: folder of database, key file and objects. ``database``: address of a PostgreSQL database instead of
    SQLite. ``key_database``: that of another one for the storage keys, the same one unless said.

    ``objects``: ``s3://BUCKET/PREFIX`` instead of a folder of recordings; ``s3_*`` say where and who.
    ``metrics_token``: what Prometheus shows to get ``/metrics``; None: nobody gets it.

    Sizes are bytes, times are seconds. ``key_retention_days``: so long backups of the storage keys are kept.
    ``backup``: folder at a second place, written once a day and kept ``backup_keep_days``.
    ``device_interviews`` and ``device_bytes``: what one device may begin within a day; ``device_unfinished``: its
    uploads that are not complete; ``interview_documents``: all events and manifests of one interview.
    ``warn_*``: from when the live monitor warns: a device that is silent, its clock wrong by so much, an interview that
    was interrupted so often. ``kit_minutes_junior`` and ``kit_minutes_management``: a kit that is expected to take
    longer needs a reason. ``report_keep_hours``: so long reports made in the background can be downloaded.
    ``ai_before_rating``: people who rate see what the scoring made before they have; off, so that no rating leans on
    it. ``embeddings``: folder with a model of meaning for each language, for scoring.
    ``sending``: over which channels candidates are written to. ``second_opinion``: which language model people may ask.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8470
    database: str | None = field(default=None, repr=False)
    key_database: str | None = field(default=None, repr=False)
    objects: str | None = None
    s3_endpoint: str | None = None
    s3_region: str | None = None
    s3_key: str | None = field(default=None, repr=False)
    s3_secret: str | None = field(default=None, repr=False)
    metrics_token: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)
    max_object: int = 8 * 1024**3
    max_body: int = 4 * 1024**2
    device_interviews: int = 500
    device_bytes: int = 400 * 1024**3
    device_unfinished: int = 200
    interview_documents: int = 128 * 1024**2
    upload_expiry: int = 30 * 24 * 3600
    silent_after: int = 120
    warn_silent: int = 15 * 60
    warn_clock: int = 120
    warn_interruptions: int = 3
    session_idle: int = 30 * 60
    session_length: int = 12 * 3600
    fresh_totp: int = 15 * 60
    secure_cookie: bool = False
    backup: Path | None = None
    backup_keep_days: int = 90
    key_retention_days: int = 30
    report_keep_hours: int = 72
    kit_minutes_junior: int = 20
    kit_minutes_management: int = 30
    ai_before_rating: bool = False
    embeddings: Path | None = None
    sending: Sending = field(default_factory=Sending)
    second_opinion: SecondOpinion = field(default_factory=SecondOpinion)
