"""Tables. Ids are UUID strings unless said; times are UTC; enums are stored by their value.

Columns named ``*_sealed`` hold personal or secret values under the server's data key (``backend.keys``), so a stolen
database file shows none of them; the key lives in another file. Those of a candidate, and all events of an interview,
are sealed under a storage key of that candidate or interview instead (``backend.cabinet``), which is destroyed to
delete them. What candidates said stays sealed under the interview's own key besides, inside the events and objects.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from backend.db.types import StoredJson, UtcDateTime


def new_id() -> str:
    return str(uuid.uuid4())


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    HR = "hr"
    DEPARTMENT_HEAD = "department_head"
    AUDITOR = "auditor"


class Base(DeclarativeBase):
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: StoredJson, dict[str, str]: StoredJson}  # noqa: RUF012


class OrganisationRow(Base):
    """The one organisation. Public keys only; the private ones are in the key file."""

    __tablename__ = "organisation"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    sign_key: Mapped[str] = mapped_column(String(64))
    encryption_key: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


class OrganisationKeyRow(Base):
    """One public key of the organisation. ``use`` and the times: contract.keylist.OrganisationKey.

    ``retired_at``: its private half was destroyed (encryption), or its signatures are not taken any more (signing).
    """

    __tablename__ = "organisation_key"
    use: Mapped[str] = mapped_column(String(16), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    public: Mapped[str] = mapped_column(String(64), unique=True)
    since: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    accepted_until: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class KeyListRow(Base):
    """One link of the chain of key lists: the signed contract.keylist.KeyList as devices get it."""

    __tablename__ = "key_list"
    serial: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    envelope: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime]


class Department(Base):
    """``name`` maps language tags to texts (contract.text.Localized)."""

    __tablename__ = "department"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("department.id"), index=True)
    name: Mapped[dict[str, str]]


class User(Base):
    """A person who may log in. ``password`` is an Argon2id hash; ``totp_step`` is the last one-time step used."""

    __tablename__ = "user"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(120), unique=True)
    display_name: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[str] = mapped_column(String(32))
    department_id: Mapped[str | None] = mapped_column(ForeignKey("department.id"))
    password: Mapped[str] = mapped_column(String(200))
    totp_sealed: Mapped[str] = mapped_column(Text)
    totp_step: Mapped[int] = mapped_column(default=0)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class LoginSession(Base):
    """A logged-in browser. ``id`` is the SHA-256 of the cookie's token; ``totp_at`` is the last one-time code given."""

    __tablename__ = "login_session"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    totp_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    user: Mapped[User] = relationship()


class KitRow(Base):
    """One version of a kit: ``envelope`` is the signed contract.kit.Kit as sent to devices."""

    __tablename__ = "kit"
    kit_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("department.id"))
    envelope: Mapped[str] = mapped_column(Text)
    content_digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


class Batch(Base):
    __tablename__ = "batch"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(String(200))
    kit_id: Mapped[str] = mapped_column(String(32))
    department_id: Mapped[str] = mapped_column(ForeignKey("department.id"), index=True)
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    created_at: Mapped[datetime]


class Candidate(Base):
    """Each value is sealed under the candidate's storage key; ``name_sealed`` is empty once the person was erased.

    ``extra_sealed``: further columns of the imported file, as a JSON object. The keyed hashes by which the same person
    is found again are in the cabinet of storage keys.
    """

    __tablename__ = "candidate"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name_sealed: Mapped[str] = mapped_column(Text)
    phone_sealed: Mapped[str | None] = mapped_column(Text)
    email_sealed: Mapped[str | None] = mapped_column(Text)
    id_number_sealed: Mapped[str | None] = mapped_column(Text)
    extra_sealed: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


class InvitationRow(Base):
    """A candidate's right to one interview of a batch. ``code`` is normalised (ABCD-EFGH)."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("batch_id", "candidate_id"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"), index=True)
    candidate_id: Mapped[str] = mapped_column(ForeignKey("candidate.id"), index=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    token: Mapped[str] = mapped_column(Text)
    adjustments: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    batch: Mapped[Batch] = relationship()
    candidate: Mapped[Candidate] = relationship()


class Device(Base):
    """``public_key``: Ed25519, base64url.

    ``pending``, ``failed``, ``free_bytes`` and ``clock_off`` (seconds by which its clock is ahead of ours) are what the
    device said itself at ``contact_at``; None before its first word. ``former_id``: the device it was before it was
    enrolled again; what that one has signed may come from this one. ``keys_serial``: the newest key list it has.
    ``settings_*``: the version wanted of it (services.device_settings), the hash of its content, and what it applies.
    """

    __tablename__ = "device"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120))
    platform: Mapped[str] = mapped_column(String(200))
    app_version: Mapped[str] = mapped_column(String(64))
    public_key: Mapped[str] = mapped_column(String(64))
    enrolled_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    contact_at: Mapped[datetime | None]
    pending: Mapped[int | None]
    failed: Mapped[int | None]
    free_bytes: Mapped[int | None] = mapped_column(BigInteger)
    clock_off: Mapped[int | None] = mapped_column(BigInteger)
    lost_at: Mapped[datetime | None]
    former_id: Mapped[str | None] = mapped_column(ForeignKey("device.id"))
    keys_serial: Mapped[int] = mapped_column(default=0, server_default="0")
    group_label: Mapped[str] = mapped_column(String(40), default="", server_default="")
    settings_version: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    settings_content: Mapped[str | None] = mapped_column(String(64))
    settings_issued_at: Mapped[datetime | None]
    settings_applied: Mapped[int | None] = mapped_column(BigInteger)
    settings_refused: Mapped[list[Any] | None] = mapped_column(StoredJson)


class EnrolmentCode(Base):
    """``id`` is the keyed hash of a one-time code; the code itself is only ever printed.

    ``replaces_id``: HR's word that the device to be enrolled continues this one, whose own key may be lost.
    """

    __tablename__ = "enrolment_code"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    device_id: Mapped[str | None] = mapped_column(ForeignKey("device.id"))
    replaces_id: Mapped[str | None] = mapped_column(ForeignKey("device.id"))


class Interview(Base):
    """An interview as a device made it, or one device's part of it (contract.parts). ``id`` is the device's.

    ``state`` is that of the whole interview, derived from the events of all its parts whenever one arrives, never set
    by hand. ``part`` numbers the parts of the same invitation and attempt in the order the server learned of them.
    ``invitation_id`` and ``department_id`` are known once the started event is there. ``ended_at``: when the server
    learned of the event that ended it (the device's own clock may be wrong); retention counts from there.
    """

    __tablename__ = "interview"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    invitation_id: Mapped[str | None] = mapped_column(ForeignKey("invitation.id"), index=True)
    department_id: Mapped[str | None] = mapped_column(ForeignKey("department.id"), index=True)
    kit_id: Mapped[str | None] = mapped_column(String(32))
    kit_version: Mapped[int | None]
    attempt: Mapped[int | None]
    part: Mapped[int | None]
    wrapped_key_sealed: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    device: Mapped[Device] = relationship()
    invitation: Mapped[InvitationRow | None] = relationship()


class EventRow(Base):
    """``sealed``: the contract.envelope.Envelope as JSON, sealed under the interview's storage key.

    ``digest`` is the SHA-256 of the envelope's payload.
    """

    __tablename__ = "event"
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]


class Upload(Base):
    """A tus upload, id from contract.api.upload_id. ``offset`` bytes are safe on disk."""

    __tablename__ = "upload"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"))
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), index=True)
    object_id: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    length: Mapped[int] = mapped_column(BigInteger)
    offset: Mapped[int] = mapped_column(BigInteger, default=0)
    upload_metadata: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    completed_at: Mapped[datetime | None]


class ObjectRow(Base):
    """A delivered object: ciphertext in the object store under ``storage_key``."""

    __tablename__ = "object"
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), primary_key=True)
    object_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(200))
    stored_at: Mapped[datetime]


class ManifestRow(Base):
    __tablename__ = "manifest"
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    envelope: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]


class ReceiptRow(Base):
    """``envelope`` is the signed contract.manifest.Receipt for the manifest of the same serial."""

    __tablename__ = "receipt"
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True)
    envelope: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime]


class Decision(Base):
    """A person's word on a finished interview; the newest counts. ``released_at``: the candidate may see it."""

    __tablename__ = "decision"
    __table_args__ = (Index("decision_newest", "interview_id", "decided_at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"))
    state: Mapped[str] = mapped_column(String(32))
    reason_sealed: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime]
    released_at: Mapped[datetime | None]


class Deletion(Base):
    """The deletion of an interview, from the request to the signed certificate, which stays.

    ``requested_by``: contract.certificate.Requester. ``deleted_at``: the rows are gone; ``files`` still have to go
    then, and the keys of the interview and of ``candidate_id`` (set when the person's data went with it).
    """

    __tablename__ = "deletion"
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), primary_key=True)
    requested_by: Mapped[str] = mapped_column(String(32))
    requested_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    objects: Mapped[list[Any]] = mapped_column(StoredJson, default=list)
    records: Mapped[dict[str, Any]] = mapped_column(default=dict)
    files: Mapped[list[Any]] = mapped_column(StoredJson, default=list)
    candidate_id: Mapped[str | None] = mapped_column(String(36))
    certificate: Mapped[str | None] = mapped_column(Text)


class LegalHold(Base):
    """While one of an interview is not lifted, nothing of the interview is deleted."""

    __tablename__ = "legal_hold"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), index=True)
    reason_sealed: Mapped[str] = mapped_column(Text)
    set_by: Mapped[str] = mapped_column(String(120))
    set_at: Mapped[datetime]
    lifted_by: Mapped[str | None] = mapped_column(String(120))
    lifted_at: Mapped[datetime | None]
    lift_reason_sealed: Mapped[str | None] = mapped_column(Text)


class ServerFact(Base):
    """What the server has to remember about itself, one value per name."""

    __tablename__ = "server_fact"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[Any] = mapped_column(StoredJson)


class RestoreGap(Base):
    """A receipt that was given out after the backup this database was restored from: what it named is missing here.

    ``objects``: ids named by the receipt. ``closed_at``: the device has delivered it again.
    """

    __tablename__ = "restore_gap"
    interview_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    serial: Mapped[int]
    objects: Mapped[list[Any]] = mapped_column(StoredJson)
    noticed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class AuditCheckpoint(Base):
    """``envelope`` is the signed contract.audit.AuditCheckpoint over the log up to row ``last_id``."""

    __tablename__ = "audit_checkpoint"
    last_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    envelope: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]


class HandOverRow(Base):
    """A ticket: the device's new part ``interview_id`` goes on where others stopped. ``envelope``: parts.HandOver."""

    __tablename__ = "hand_over"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), index=True)
    attempt: Mapped[int]
    part: Mapped[int]
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"))
    interview_id: Mapped[str] = mapped_column(String(64), unique=True)
    envelope: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime]


class AuditRow(Base):
    """One line of the audit log; ``hash`` covers the row and the hash before it. Holds ids, never personal data."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(64), index=True)
    target: Mapped[str] = mapped_column(String(200))
    detail: Mapped[dict[str, Any]]
    previous: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
