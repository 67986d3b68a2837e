"""Registering on the spot: what was typed is checked, and leads to the entry page as an invitation does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.names import Screen, Sheet
from app.ui.presenters.base import Presenter

if TYPE_CHECKING:
    from app.interview.views import Entry, WalkInPlace
    from app.ui.presenters.journey import Journey


class WalkInPresenter(Presenter):
    """``wrong``: the field that does not look right, empty for none."""

    def __init__(self, journey: Journey) -> None:
        super().__init__()
        self.journey = journey
        self.wrong = ""
        self.error: Exception | None = None
        journey.listen(self.changed)

    @property
    def places(self) -> tuple[WalkInPlace, ...]:
        page = self.journey.start_page
        return page.walk_ins if page is not None else ()

    def clear(self) -> None:
        self.wrong, self.error = "", None

    def register(self, place: int, *, name: str, phone: str, email: str, id_number: str) -> None:
        from contract.errors import XudaError
        from contract.walkin import register

        self.clear()
        try:
            person = register(name, phone, email, id_number)
        except XudaError as error:
            self.wrong = error.field or ""
            self.changed()
            return
        batch, service = self.places[max(place, 0)].batch_id, self.journey.context.service
        self.journey.do(lambda: service.register(batch, person), self._registered, self._refused)

    def cancel(self) -> None:
        self.clear()
        self.journey.close_sheet()

    def _registered(self, entry: Entry) -> None:
        self.journey.close_sheet()
        self.journey.arrival.admit(entry)

    def _refused(self, error: Exception) -> None:
        self.error = error
        self.changed()


def offer(journey: Journey) -> None:
    """The form, over the start screen: there a booth notices when somebody has left it half filled in."""
    if journey.screen is not Screen.START:
        journey.dismiss_error()
        journey.go(Screen.START)
    journey.open_sheet(Sheet.WALK_IN)
