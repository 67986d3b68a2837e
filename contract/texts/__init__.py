"""Texts of known errors: what happened, what it means for the data, what to do. English here, the rest in catalogs."""

from __future__ import annotations

from dataclasses import dataclass

from contract.catalog import Catalog, load
from contract.errors import ErrorCode, XudaError
from contract.texts.delivery import ABOUT_DELIVERY
from contract.texts.device import ABOUT_THE_DEVICE
from contract.texts.interview import ABOUT_INTERVIEWS

DOMAIN = "errors"

# Title, what it means for the data, what to do.
TEXTS = ABOUT_INTERVIEWS | ABOUT_THE_DEVICE | ABOUT_DELIVERY

# How the values that come with an error are named to people. Values without a name here are shown under their own.
LABELS: dict[str, str] = {
    "row": "Row",
    "field": "Field",
    "file": "File",
    "path": "Path",
    "folder": "Folder",
    "model": "Model",
    "server": "Server",
    "seconds": "Seconds",
    "date": "Date",
    "value": "Value",
    "version": "Version",
    "limit": "Limit",
    "needed": "Needed",
    "free": "Free",
    "size": "Size",
    "expected": "Expected",
    "status": "Status",
    "detail": "Details",
    "state": "State",
    "move": "Step",
    "server_time": "Server time",
    "device": "Device",
}


@dataclass(frozen=True, slots=True)
class ErrorText:
    """One error in one language. ``details`` names the row, the field and the values, and is empty without any."""

    title: str
    meaning: str
    action: str
    details: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """Title (with the details), meaning, action: as they are printed one under the other."""
        title = f"{self.title} ({self.details})" if self.details else self.title
        return (title, self.meaning, self.action)


def error_text(error: XudaError, language: str) -> ErrorText:
    """The text for ``error`` in ``language`` (``zh_CN``, ``en``). Never fails, whatever values the error carries."""
    catalog = load(DOMAIN, language)
    title, meaning, action = (catalog.gettext(text) for text in TEXTS[error.code])
    return ErrorText(title, meaning, action, _details(error, catalog))


def code_text(code: ErrorCode, language: str) -> ErrorText:
    """The text for a bare code, as it is stored with faults and sent over the wire."""
    return error_text(XudaError(code), language)


def _details(error: XudaError, catalog: Catalog) -> str:
    values = {"row": error.row, "field": error.field, **error.params}
    return ", ".join(
        f"{catalog.gettext(LABELS[name]) if name in LABELS else name}: {value}"
        for name, value in values.items()
        if value is not None
    )
