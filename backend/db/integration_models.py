"""Programs of the organisation: their tokens for the REST API, and where events are told to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models import Base, new_id
from backend.db.types import StoredJson


class ApiTokenRow(Base):
    """``digest``: SHA-256 of the token, which is random and shown once. ``scopes``: services.api_tokens.Scope.

    ``department_id``: it sees this department and those below it alone; None: all.
    """

    __tablename__ = "api_token"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]] = mapped_column(StoredJson)
    department_id: Mapped[str | None] = mapped_column(ForeignKey("department.id"))
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class WebhookEndpointRow(Base):
    """Where events go. ``url_sealed`` and ``secret_sealed`` under the data key; ``old_secret_sealed`` signs besides
    until ``old_secret_until``.

    ``kinds``: services.hooks.Kind. ``failures``: how often in a row it did not answer; ``held_until``: nothing is sent
    before.
    """

    __tablename__ = "webhook_endpoint"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80))
    url_sealed: Mapped[str] = mapped_column(Text)
    secret_sealed: Mapped[str] = mapped_column(Text)
    old_secret_sealed: Mapped[str | None] = mapped_column(Text)
    old_secret_until: Mapped[datetime | None]
    kinds: Mapped[list[Any]] = mapped_column(StoredJson)
    department_id: Mapped[str | None] = mapped_column(ForeignKey("department.id"))
    failures: Mapped[int] = mapped_column(default=0)
    held_until: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class WebhookEventRow(Base):
    """Something that happened. ``data``: ids and states, never who somebody is. Its id is the ``webhook-id``."""

    __tablename__ = "webhook_event"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(index=True)


class WebhookDeliveryRow(Base):
    """An event on its way to an endpoint, once each. ``state``: services.hooks.DeliveryState.

    ``queued_at``: from when on it has been tried; anew when a person sends it again. ``next_at``: when it is tried
    next; while it is being sent, when another try may begin. ``error``: a code of backend.sending.outcome.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhook_delivery_due", "state", "next_at"),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    event_id: Mapped[str] = mapped_column(ForeignKey("webhook_event.id"))
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoint.id"))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime]
    next_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
