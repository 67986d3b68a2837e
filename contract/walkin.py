"""Walk-in registration: who is not invited registers on a device, offline, in a batch that HR has opened for it."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from contract.envelope import WireModel
from contract.errors import ErrorCode, XudaError
from contract.identifiers import clean_email, clean_id_number, clean_name, clean_phone

MOST_PER_DEVICE = 1000


class WalkInOffer(WireModel):
    """A batch that takes walk-ins, as part of the signed roster. ``limit``: how many one device may register."""

    batch_id: str = Field(max_length=36)
    kit_id: str = Field(max_length=32)
    not_before: AwareDatetime
    not_after: AwareDatetime
    limit: int = Field(ge=1, le=MOST_PER_DEVICE)


class Registration(WireModel):
    """What somebody has given to register; it travels sealed under the interview's key."""

    name: str = Field(max_length=100)
    phone: str = Field(max_length=20)
    email: str = Field(default="", max_length=254)
    id_number: str = Field(default="", max_length=20)

    @property
    def identifiers(self) -> list[tuple[str, str]]:
        """(column, value) of what tells this person from others."""
        pairs = [("phone", self.phone), ("email", self.email), ("id_number", self.id_number)]
        return [(column, value) for column, value in pairs if value]


def register(name: str, phone: str, email: str = "", id_number: str = "") -> Registration:
    """What was typed, checked and in the form in which HR keeps it. Raises XudaError(REJECTED) with the field."""
    given = {"email": (email.strip(), clean_email), "id_number": (id_number.strip(), clean_id_number)}
    found = {"name": clean_name(name), "phone": clean_phone(phone.strip())}
    found |= {field: clean(text) if text else "" for field, (text, clean) in given.items()}
    for field, value in found.items():
        if value is None:
            raise XudaError(ErrorCode.REJECTED, field=field)
    return Registration.model_validate(found)
