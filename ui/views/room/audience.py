"""Who is in the room: found by name, a click opens their card. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from app.usecases.room_wishes import OpenPerson
from ui.presenters.room_side import AudienceView, PersonRow, matching
from ui.views.base import View
from ui.views.room.lists import PeopleList
from ui.widgets.basics import column, label

EDGE_PX = 14


class AudiencePanel(View):
    """Draws AudienceView."""

    def __init__(self) -> None:
        super().__init__("audience")
        self._view: AudienceView | None = None
        layout = column(self)
        head = column(margins=(EDGE_PX, 10, EDGE_PX, 4))
        layout.addLayout(head)
        self.search = QLineEdit()
        self.search.setObjectName("audience.search")
        self.search.setClearButtonEnabled(True)
        self.texts.bind(self.search.setPlaceholderText, "room.find_person")
        self.named(self.search, "room.find_person")
        self.search.textChanged.connect(self._follow)
        head.addWidget(self.search)
        self.figures = label("audience.figures", type_="12", tone="2", wraps=True)
        self.figures.setContentsMargins(0, 8, 0, 2)
        head.addWidget(self.figures)
        self.list = PeopleList("audience.list")
        self.named(self.list, "room.audience_list")
        self.list.taken.connect(self._open)
        layout.addWidget(self.list, 1)
        self.empty = label("audience.empty", tone="3", wraps=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setContentsMargins(28, 0, 28, 0)
        layout.addWidget(self.empty, 1)
        self.visitors = label("audience.visitors", type_="12", tone="3")
        self.visitors.setContentsMargins(EDGE_PX, 8, EDGE_PX, 12)
        layout.addWidget(self.visitors)

    def draw(self, view: AudienceView) -> None:
        """Show this state; what is searched for stays."""
        if view == self._view:
            return
        self._view = view
        self.figures.setText(view.figures)
        self.figures.setVisible(bool(view.figures))
        self.visitors.setText(view.visitors)
        self.visitors.setVisible(bool(view.visitors))
        self.empty.setText(view.empty_text)
        self._follow()

    def _open(self, person: PersonRow) -> None:
        if person.account_id:
            self.wished.emit(OpenPerson(person.account_id))

    def _follow(self) -> None:
        if self._view is None:
            return
        rows = matching(self._view.rows, self.search.text())
        self.list.rows.follow(rows)
        self.list.setVisible(bool(rows) or bool(self._view.rows))
        self.empty.setVisible(not self._view.rows)
