"""Help over every screen: the guide in four pictures, questions, the support contact, diagnostics to copy."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from app.ui import names
from app.ui.i18n import N_
from app.ui.presenters.adjust import AdjustPresenter
from app.ui.presenters.journey import Journey
from app.ui.screens.entry import faq_words, support_words
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, Label, clear, column, icon_line, row
from app.ui.widgets.columns import Columns
from app.ui.widgets.flow import Flow
from app.ui.widgets.fold import Fold

GUIDE = (
    ("scan", N_("Give your invitation"), N_("Scan it or type the code.")),
    ("camera", N_("Test your devices"), N_("See yourself, hear yourself.")),
    ("chat", N_("Think, then answer"), N_("Start when you are ready; stop when you are done.")),
    ("check-circle", N_("Look and submit"), N_("Saved at once, delivered by itself.")),
)


_STEP_EM = 10


class HelpPanel(QFrame):
    closed = Signal()
    adjust_wanted = Signal()

    def __init__(self, look: Look, journey: Journey, adjust: AdjustPresenter) -> None:
        super().__init__()
        self.look = look
        self._journey = journey
        self._adjust_presenter = adjust
        self.setObjectName("help_card")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(self._head())
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QWidget()
        inner.setProperty("canvas", "true")
        self._body = column(look, gap=2, margin=2)
        inner.setLayout(self._body)
        scroll.setWidget(inner)
        outer.addWidget(scroll, 1)
        self._guide()
        self._faq_title = Label("heading")
        self._body.addWidget(self._faq_title)
        faq = Card(look, steps=1, gap=0)
        self._folds = column(look, gap=0)
        faq.body.addLayout(self._folds)
        self._body.addWidget(faq)
        self._support = Label("body")
        self._body.addLayout(icon_line(look, "call", self._support))
        self._adjust = Button(look, "quiet", name=names.HELP_ADJUST, icon="clock")
        self._adjust.clicked.connect(self.adjust_wanted)
        asking = Flow(self.look)
        asking.addWidget(self._adjust)
        self._body.addLayout(asking)
        self._diagnostics()
        self._body.addStretch(1)

    def _head(self) -> QVBoxLayout:
        self._title = Label("question", wrap=False)
        self.close_button = Button(self.look, "bar", name=names.HELP_CLOSE, icon="close")
        self.close_button.clicked.connect(self.closed)
        line = row(self.look, gap=1, margin=1)
        line.addSpacing(self.look.tokens.space(1))
        line.addWidget(self._title, 1)
        line.addWidget(self.close_button)
        head = column(self.look, gap=0)
        head.addLayout(line)
        return head

    def _guide(self) -> None:
        self._guide_title = Label("heading")
        self._body.addWidget(self._guide_title)
        grid = Columns(self.look, least_em=_STEP_EM, most=2, gap=1)
        self._steps: list[tuple[Label, Label]] = []
        for icon, _, _ in GUIDE:
            card = Card(self.look, "soft", steps=1.5, gap=0.5)
            grid.add(card)
            self._steps.append(card.explain(icon))
        self._body.addWidget(grid)

    def _diagnostics(self) -> None:
        self._diagnostics_title, self._diagnostics_note = Label("heading"), Label("caption")
        self._copy = Button(self.look, "link", name=names.HELP_COPY, icon="copy")
        self._copy.clicked.connect(self._copy_text)
        self._text = QPlainTextEdit()
        self._text.setObjectName(names.HELP_DIAGNOSTICS)
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setProperty("small", "true")
        self._text.setFixedHeight(self.look.tokens.space(16))
        head = row(self.look, gap=1)
        head.addWidget(self._diagnostics_title, 1)
        head.addWidget(self._copy)
        self._body.addLayout(head)
        self._body.addWidget(self._text)
        self._body.addWidget(self._diagnostics_note)

    def _copy_text(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())
        self._copy.setText(self.look.t("Copied"))

    def opened(self) -> None:
        self.retranslate()
        self._text.setPlainText("…")
        self._journey.runner.background(self._journey.context.diagnostics, self._text.setPlainText, self._journey.fail)

    def retranslate(self) -> None:
        look, kit = self.look, self._journey.kit
        t = look.t
        self._title.setText(t("Help"))
        self.close_button.setAccessibleName(t("Close help"))
        self._guide_title.setText(t("The interview in 30 seconds"))
        for place, (title, text) in enumerate(self._steps):
            title.setText(f"{place + 1}  {t(GUIDE[place][1])}")
            text.setText(t(GUIDE[place][2]))
        self._faq_title.setText(t("Questions and answers"))
        clear(self._folds)
        for question, answer in faq_words(look, kit):
            fold = Fold(look)
            fold.show_words(question, answer)
            self._folds.addWidget(fold)
        contact = support_words(look, kit.support) if kit else t("Please ask the staff on site.")
        self._support.setText(t("Support: {contact}", contact=contact))
        self._adjust.setText(t("Enter an adjustment code of the staff"))
        self._adjust.setVisible(self._adjust_presenter.offered)
        self._diagnostics_title.setText(t("Diagnostics"))
        self._diagnostics_note.setText(t("Facts about this machine for the support. No names, no answers."))
        self._copy.setText(t("Copy"))
        self._text.setAccessibleName(t("Diagnostics"))
