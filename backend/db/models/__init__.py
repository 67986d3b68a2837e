"""Tables. Ids are UUID strings unless said; times are UTC; enums are stored by their value.

Columns named ``*_sealed`` hold personal or secret values under the server's data key (``backend.keys``), so a stolen
database file shows none of them; the key lives in another file. Those of a candidate, and all events of an interview,
are sealed under a storage key of that candidate or interview instead (``backend.cabinet``), which is destroyed to
delete them. What candidates said stays sealed under the interview's own key besides, inside the events and objects.
"""

from __future__ import annotations

from backend.db.models.audit import AuditCheckpoint, AuditRow
from backend.db.models.base import Base, Role, new_id
from backend.db.models.devices import Device, DeviceSettingsRow, EnrolmentCode
from backend.db.models.exports import ReportItem, ReportJob
from backend.db.models.insight import InterviewFact, InterviewStep
from backend.db.models.interviews import (
    Decision,
    EventRow,
    HandOverRow,
    Interview,
    ManifestRow,
    ObjectRow,
    ReceiptRow,
    RestoreGap,
    Upload,
)
from backend.db.models.invitations import Batch, Candidate, DelegationRow, InvitationRow, window_end
from backend.db.models.kits import KitFile, KitFilePiece, KitRow, RubricRow
from backend.db.models.learning import LearnedModel, LearnedPiece, ModelJob, ModelPublication
from backend.db.models.opinions import OpinionRow
from backend.db.models.organisation import KeyListRow, OrganisationKeyRow, OrganisationRow, ServerFact
from backend.db.models.people import Department, LoginSession, RecoveryCode, User
from backend.db.models.questions import BankQuestion, BankSkill, BankVersion, KitDraft, KitQuestionRow
from backend.db.models.retention import Deletion, LegalHold
from backend.db.models.reviews import RedoRow, ReviewComment, Scorecard, ScorecardChange, ShareLink
from backend.db.models.scores import ScoreRow
from backend.db.models.staffing import Placement, Position, Rating, Requisition, RequisitionStep

__all__ = [
    "AuditCheckpoint",
    "AuditRow",
    "BankQuestion",
    "BankSkill",
    "BankVersion",
    "Base",
    "Batch",
    "Candidate",
    "Decision",
    "DelegationRow",
    "Deletion",
    "Department",
    "Device",
    "DeviceSettingsRow",
    "EnrolmentCode",
    "EventRow",
    "HandOverRow",
    "Interview",
    "InterviewFact",
    "InterviewStep",
    "InvitationRow",
    "KeyListRow",
    "KitDraft",
    "KitFile",
    "KitFilePiece",
    "KitQuestionRow",
    "KitRow",
    "LearnedModel",
    "LearnedPiece",
    "LegalHold",
    "LoginSession",
    "ManifestRow",
    "ModelJob",
    "ModelPublication",
    "ObjectRow",
    "OpinionRow",
    "OrganisationKeyRow",
    "OrganisationRow",
    "Placement",
    "Position",
    "Rating",
    "ReceiptRow",
    "RecoveryCode",
    "RedoRow",
    "ReportItem",
    "ReportJob",
    "Requisition",
    "RequisitionStep",
    "RestoreGap",
    "ReviewComment",
    "Role",
    "RubricRow",
    "ScoreRow",
    "Scorecard",
    "ScorecardChange",
    "ServerFact",
    "ShareLink",
    "Upload",
    "User",
    "new_id",
    "window_end",
]
