"""The sheet in which somebody without an invitation registers on the spot."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui import names
from app.ui.i18n import N_
from app.ui.presenters.walkin import WalkInPresenter
from app.ui.screens.sheets import SheetCard
from app.ui.style import Look
from app.ui.widgets.basic import Label, column
from app.ui.widgets.columns import Columns
from app.ui.widgets.select import Select
from contract.errors import XudaError

_FIELD_EM = 11
_FIELDS = {
    "name": (N_("Your name"), 100, N_("Please type your name.")),
    "phone": (N_("Phone"), 40, N_("This does not look like a phone number.")),
    "email": (N_("E-mail (optional)"), 254, N_("This does not look like an e-mail address.")),
    "id_number": (N_("ID number (optional)"), 40, N_("This does not look like an ID number.")),
}


class WalkInSheet(SheetCard):
    sign = ("user", "accent")

    def __init__(self, look: Look, presenter: WalkInPresenter) -> None:
        super().__init__(look)
        self._presenter = presenter
        self._place, self._place_name = Select(look, name=names.WALK_IN_PLACE), Label("strong")
        self.content.addWidget(self._place_name)
        self.content.addWidget(self._place)
        self._fields: dict[str, QLineEdit] = {}
        self._names: dict[str, Label] = {}
        grid = Columns(look, least_em=_FIELD_EM, most=2, gap=1)
        for key, (_, longest, _) in _FIELDS.items():
            field = QLineEdit()
            field.setObjectName(names.WALK_IN_FIELD_PREFIX + key)
            field.setMaxLength(longest)
            field.returnPressed.connect(self._register)
            self._fields[key], self._names[key] = field, Label("strong")
            # a name above it: one that stands in the field is gone with the first letter
            lines = column(look, gap=0.25)
            lines.addWidget(self._names[key])
            lines.addWidget(field)
            grid.add(lines)
        self.content.addWidget(grid)
        self._message, self._promise = Label("strong"), Label("caption")
        self._message.setObjectName(names.WALK_IN_MESSAGE)
        self._message.tone("error")
        self.content.addWidget(self._message)
        self.content.addWidget(self._promise)
        self._cancel = self.add("quiet", names.WALK_IN_CANCEL)
        self._button = self.add("primary", names.WALK_IN_REGISTER)
        self._cancel.clicked.connect(presenter.cancel)
        self._button.clicked.connect(self._register)
        presenter.listen(self._changed)

    def first(self) -> QWidget | None:
        return self._fields["name"]

    def opened(self) -> None:
        self._forget()

    def closed(self) -> None:
        self._forget()

    def dismissed(self) -> None:
        self._presenter.cancel()

    def _forget(self) -> None:
        """Nothing of what was typed stays behind a form that is closed."""
        self._presenter.clear()
        for field in self._fields.values():
            field.clear()

    def _register(self) -> None:
        values = {key: field.text() for key, field in self._fields.items()}
        self._presenter.register(self._place.currentIndex(), **values)
        if self._presenter.wrong:
            self._fields[self._presenter.wrong].setFocus(Qt.FocusReason.OtherFocusReason)

    def _changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        look, presenter, page = self.look, self._presenter, self._presenter.journey.start_page
        self.title.setText(look.t("Register here"))
        self.text.setText(look.t("No invitation yet? Register here; it takes a minute and works without a network."))
        self._promise.setText(
            look.t(
                "What you type goes to HR of {organisation} together with your interview, sealed. "
                "If you do not begin, nothing is kept.",
                organisation=(page.organisation if page else None) or "",
            )
        )
        positions = [look.texts.pick(place.kit.position) for place in presenter.places]
        if positions != [self._place.itemText(n) for n in range(self._place.count())]:
            self._place.clear()
            self._place.addItems(positions)
        self._place_name.setText(look.t("Position"))
        self._place.setAccessibleName(look.t("Position"))
        for key, (words, _, _) in _FIELDS.items():
            self._names[key].setText(look.t(words))
            self._fields[key].setAccessibleName(look.t(words))
        self._message.setText(self._said())
        self._message.setVisible(bool(self._message.text()))
        self._cancel.setText(look.t("Cancel"))
        self._button.setText(look.t("Register and go on"))
        self._button.setEnabled(bool(positions) and not presenter.journey.busy)

    def _said(self) -> str:
        presenter, look = self._presenter, self.look
        if presenter.wrong:
            return look.t(_FIELDS[presenter.wrong][2])
        if isinstance(presenter.error, XudaError):
            from contract.texts import error_text

            found = error_text(presenter.error, look.texts.language)
            return f"{found.title}\n{found.meaning} {found.action}"
        return look.t("Something went wrong. Nothing was changed.") if presenter.error else ""
