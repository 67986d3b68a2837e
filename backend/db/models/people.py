"""Departments, and the people who may log in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.db.models.base import Base, new_id


class Department(Base):
    """``name`` maps language tags to texts (contract.text.Localized)."""

    __tablename__ = "department"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("department.id"), index=True)
    name: Mapped[dict[str, str]]


class User(Base):
    """A person who may log in. ``password`` is an Argon2id hash; ``totp_step`` is the last one-time step used.

    ``blind_review``: wants to rate without knowing whom (services.blind). ``notes_seen``: the newest update note read.
    """

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
    blind_review: Mapped[bool] = mapped_column(default=False, server_default=false())
    notes_seen: Mapped[str] = mapped_column(String(20), default="", server_default="")


class RecoveryCode(Base):
    """Stands for one one-time code when the authenticator is lost. ``id``: keyed hash; the code is only ever shown."""

    __tablename__ = "recovery_code"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginSession(Base):
    """A logged-in browser. ``id`` is the SHA-256 of the cookie's token; ``totp_at`` is the last one-time code given.

    ``browser``: its kind and system, as it says.
    """

    __tablename__ = "login_session"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    totp_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(String(40), default="", server_default="")
    user: Mapped[User] = relationship()
