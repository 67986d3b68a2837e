"""Who asks: a logged-in person, or the command line on the server itself."""

from __future__ import annotations

from dataclasses import dataclass

from backend.db.models import Role, User


@dataclass(frozen=True, slots=True)
class Actor:
    """``department_id`` bounds what a department head sees (own department and below)."""

    user_id: str | None
    username: str
    role: Role
    department_id: str | None = None

    @classmethod
    def of(cls, user: User) -> Actor:
        return cls(user.id, user.username, Role(user.role), user.department_id)

    @classmethod
    def command_line(cls) -> Actor:
        """Whoever can read the data folder and its key file may do what an administrator and HR may."""
        return cls(None, "command-line", Role.ADMINISTRATOR)
