"""From the staff panel: more time, takes or another way to answer for whoever sits here, within HR's bounds."""

from __future__ import annotations

from app.ui.names import Sheet
from app.ui.presenters.adjust import AdjustPresenter
from app.ui.presenters.base import Presenter
from contract.adjusting import AdjustmentReason
from contract.invitation import Adjustments, Delegation

_TIMES = (1.0, 1.25, 1.5, 2.0, 3.0)
_MOST_TAKES = 3


class GivingPresenter(Presenter):
    """``limits``: what HR lets this panel give, None while it is not known or where HR allows nothing (``loaded``)."""

    def __init__(self, adjust: AdjustPresenter) -> None:
        super().__init__()
        self.adjust = adjust
        self.journey = adjust.journey
        self.loaded = False
        self.limits: Delegation | None = None
        self.wanted = Adjustments()
        self.reason: AdjustmentReason | None = None
        adjust.listen(self.changed)

    def enter(self) -> None:
        self.loaded, self.limits = False, None
        self.wanted, self.reason = Adjustments(), None
        self.adjust.given = self.adjust.error = None
        self.journey.quietly(self.adjust.limits, self._found)
        self.changed()

    @property
    def somebody(self) -> bool:
        return self.adjust.offered

    @property
    def times(self) -> list[float]:
        """Factors on thinking and answer times that may be given; 1: as it is."""
        return [time for time in _TIMES if self.limits is not None and time <= max(1.0, self.limits.most_time_factor)]

    @property
    def takes(self) -> list[int]:
        """Further takes that may be given."""
        most = min(_MOST_TAKES, self.limits.most_extra_takes) if self.limits is not None else -1
        return list(range(most + 1))

    @property
    def ways(self) -> list[str]:
        """Other ways to answer; empty: as it is."""
        return ["", *(self.limits.ways if self.limits is not None else [])]

    def choose(self, *, time: float | None = None, takes: int | None = None, way: str | None = None) -> None:
        given = {"time_factor": time, "extra_takes": takes}
        changes: dict[str, object] = {name: value for name, value in given.items() if value is not None}
        if way is not None:
            changes["answer_as"] = way or None
        self.wanted = self.wanted.model_copy(update=changes)
        self.changed()

    def explain(self, reason: AdjustmentReason) -> None:
        self.reason = reason
        self.changed()

    @property
    def complete(self) -> bool:
        """Something is given, and why is said."""
        return self.somebody and self.reason is not None and self.wanted != Adjustments() and not self.journey.busy

    def give(self) -> None:
        if self.complete and self.reason is not None:
            self.adjust.give(self.wanted, self.reason)

    def close(self) -> None:
        self.journey.open_sheet(Sheet.STAFF)

    def _found(self, limits: Delegation | None) -> None:
        self.loaded, self.limits = True, limits
        self.changed()
