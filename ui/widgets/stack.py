"""Pages of which one is seen. GUI thread."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from ui.widgets.curtain import Curtain


class PageStack(QWidget):
    """A page that is not seen costs nothing when another one is shown: neither its size nor its texts are asked for.

    Qt's own stack asks every page how much room it would like, and turns the painting of all of them off and on again
    (2.5 of the 3.5 ms that showing another page took).
    """

    def __init__(self) -> None:
        super().__init__()
        self._current: QWidget | None = None
        self.curtain = Curtain(self)

    def addWidget(self, page: QWidget) -> None:
        """The first one is seen."""
        page.setParent(self)
        page.hide()
        if self._current is None:
            self.setCurrentWidget(page)

    def currentWidget(self) -> QWidget | None:
        """The page that is seen."""
        return self._current

    def setCurrentWidget(self, page: QWidget) -> None:
        """Show this page. A keyboard that was in the one before is nowhere: whoever shows a page gives it one."""
        before = self._current
        if page is before:
            return
        self._current = page
        page.setGeometry(self.rect())
        self.curtain.drop()
        page.show()
        if before is not None:
            focused = self.window().focusWidget()
            if focused is not None and before.isAncestorOf(focused):
                # hidden with the keyboard in it, Qt would look through the whole window for who is next
                focused.clearFocus()
            before.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.curtain.lift()
        if self._current is not None:
            self._current.setGeometry(self.rect())
