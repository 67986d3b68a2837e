"""Error codes shared on the wire and on screen. The text for each lives in the `errors` catalog, never here."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """Stable codes: once released a code keeps its meaning for ever."""

    # signed and sealed material
    SIGNATURE_INVALID = "signature_invalid"
    KEY_UNKNOWN = "key_unknown"
    KEY_IN_USE = "key_in_use"
    ORGANISATION_KEYS_INVALID = "organisation_keys_invalid"
    SEALED_DAMAGED = "sealed_damaged"
    FORMAT_INVALID = "format_invalid"
    VERSION_TOO_NEW = "version_too_new"
    # kits and invitations
    KIT_INVALID = "kit_invalid"
    KIT_MISSING = "kit_missing"
    KIT_INCOMPLETE = "kit_incomplete"
    KIT_MEDIA_DAMAGED = "kit_media_damaged"
    INVITATION_INVALID = "invitation_invalid"
    INVITATION_EXPIRED = "invitation_expired"
    INVITATION_NOT_YET = "invitation_not_yet"
    INVITATION_FOREIGN = "invitation_foreign"
    INVITATION_UNKNOWN = "invitation_unknown"
    INVITATION_USED = "invitation_used"
    INTERVIEW_ELSEWHERE = "interview_elsewhere"
    ADJUSTMENT_INVALID = "adjustment_invalid"
    ADJUSTMENT_SIGNER = "adjustment_signer"
    ADJUSTMENT_OTHER = "adjustment_other"
    ADJUSTMENT_EXPIRED = "adjustment_expired"
    ADJUSTMENT_USED = "adjustment_used"
    ADJUSTMENT_LIMIT = "adjustment_limit"
    # devices and capture
    CAMERA_MISSING = "camera_missing"
    CAMERA_BUSY = "camera_busy"
    CAMERA_LOST = "camera_lost"
    CAMERA_FROZEN = "camera_frozen"
    MICROPHONE_MISSING = "microphone_missing"
    MICROPHONE_BUSY = "microphone_busy"
    MICROPHONE_LOST = "microphone_lost"
    MICROPHONE_SILENT = "microphone_silent"
    RECORDING_FAILED = "recording_failed"
    RECORDING_EMPTY = "recording_empty"
    # speech models
    MODEL_MISSING = "model_missing"
    MODEL_DAMAGED = "model_damaged"
    MODEL_INCOMPLETE = "model_incomplete"
    TRANSCRIPTION_FAILED = "transcription_failed"
    # storage on the device
    DISK_FULL = "disk_full"
    DISK_ERROR = "disk_error"
    DATABASE_NEWER = "database_newer"
    DATABASE_DAMAGED = "database_damaged"
    DATABASE_RESTORED = "database_restored"
    ALREADY_RUNNING = "already_running"
    KEYSTORE_MISSING = "keystore_missing"
    KEYSTORE_LOCKED = "keystore_locked"
    KEYSTORE_UNPROTECTED = "keystore_unprotected"
    PASSPHRASE_MISSING = "passphrase_missing"  # noqa: S105 - a code
    PASSPHRASE_NEEDED = "passphrase_needed"  # noqa: S105 - a code
    PASSPHRASE_WRONG = "passphrase_wrong"  # noqa: S105 - a code
    KEY_DESTROYED = "key_destroyed"
    NOT_ENROLLED = "not_enrolled"
    # state machines
    ILLEGAL_STATE = "illegal_state"
    # retention
    LEGAL_HOLD = "legal_hold"
    CLOCK_JUMPED = "clock_jumped"
    BACKUP_DAMAGED = "backup_damaged"
    # network and backend
    SERVER_UNREACHABLE = "server_unreachable"
    SERVER_ERROR = "server_error"
    STORAGE_UNREACHABLE = "storage_unreachable"
    SERVER_NOT_XUDA = "server_not_xuda"
    SERVER_MISMATCH = "server_mismatch"
    UNAUTHORIZED = "unauthorized"
    DEVICE_REVOKED = "device_revoked"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    DELETED = "deleted"
    REJECTED = "rejected"
    TOO_LARGE = "too_large"
    CLOCK_WRONG = "clock_wrong"
    RATE_LIMITED = "rate_limited"
    QUOTA_REACHED = "quota_reached"
    WALK_IN_CLOSED = "walk_in_closed"
    SENDING_PAUSED = "sending_paused"
    RECORDINGS_LATER = "recordings_later"
    RECEIPT_INVALID = "receipt_invalid"
    ENROLMENT_CODE_INVALID = "enrolment_code_invalid"
    FINGERPRINT_MISMATCH = "fingerprint_mismatch"
    # bundles on a stick
    BUNDLE_CUT = "bundle_cut"
    BUNDLE_DAMAGED = "bundle_damaged"
    BUNDLE_FOREIGN = "bundle_foreign"
    BUNDLE_REVOKED = "bundle_revoked"
    TARGET_FULL = "target_full"
    TARGET_LOST = "target_lost"
    # printing
    PRINTER_OFFLINE = "printer_offline"
    PRINTER_PAPER = "printer_paper"
    PRINTER_FAULT = "printer_fault"
    PRINT_REFUSED = "print_refused"
    # files given by people
    FILE_ENCODING = "file_encoding"
    TABLE_UNREADABLE = "table_unreadable"
    FILE_MISSING = "file_missing"
    ASSESSMENT_MODEL = "assessment_model"
    ROW_INVALID = "row_invalid"
    SETTING_INVALID = "setting_invalid"
    SCREEN_MISSING = "screen_missing"
    BATTERY_EMPTY = "battery_empty"
    PROGRAM_DAMAGED = "program_damaged"


class XudaError(Exception):
    """A known failure a user can meet: a code, the values its text needs, and where bad input sits.

    ``params`` fill the placeholders of the catalog text. ``field`` and ``row`` (1-based) name bad input.
    ``params`` must hold no personal data: they may be logged.
    """

    def __init__(self, code: ErrorCode, *, field: str | None = None, row: int | None = None, **params: Any) -> None:
        self.code = code
        self.field = field
        self.row = row
        self.params = params
        parts = [code.value]
        if row is not None:
            parts.append(f"row {row}")
        if field is not None:
            parts.append(f"field {field}")
        if params:
            parts.append(", ".join(f"{k}={v}" for k, v in params.items()))
        super().__init__(": ".join(parts))
