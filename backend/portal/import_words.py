"""Words for what is wrong with a row of a table, and with a table as such."""

from __future__ import annotations

from backend.portal.visit import Visit
from backend.services.sheet_import import Problem
from contract.errors import ErrorCode, XudaError
from contract.texts import error_text


def row_words(visit: Visit, row: Problem) -> str:
    """What is wrong with a row and what to do."""
    t = visit.texts.gettext
    return {
        "missing": t("Nothing is given here, and it is needed."),
        "malformed": t("This does not look right. Please check what is typed."),
        "unknown": t("There is nothing of this code here. Put it first, or correct the code."),
        "twice": t("An earlier row has the same. Only that row was taken."),
        "taken": t("Something else has this already."),
        "loop": t("These departments lie above each other in a circle."),
        "unreadable": t("The row cannot be read: check quotes and the number of columns."),
        "rounded": t("The spreadsheet has rounded this long number. Make the column text and type the number again."),
        "formula": t("The spreadsheet shows an error here. Please put the value itself."),
    }.get(row.problem, row.problem)


def file_words(visit: Visit, error: XudaError, columns: str) -> str:
    """Why a table cannot be read. ``columns``: the headers it needs."""
    t = visit.texts.gettext
    if error.code is ErrorCode.ROW_INVALID:
        return t("No row of the table is its header. It needs these columns: {columns}.").format(columns=columns)
    return " ".join(error_text(error, visit.language).lines)
