"""Makers of labels, buttons, boxes and rules that carry what the style sheet selects by; and elided labels."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ui.theme.icons import icon, pixmap
from ui.theme.tokens import DARK, Tokens
from ui.widgets.tips import set_plain_tip

Margins = tuple[int, int, int, int]
"""Left, top, right, bottom, in px."""
NONE: Margins = (0, 0, 0, 0)
ICON_GAP_PX = 4


def box(name: str, *, kind: str = "", ground: str = "") -> QFrame:
    """A frame of a kind (card, tile, group …) or a ground (bg, surface …)."""
    frame = QFrame()
    frame.setObjectName(name)
    if kind:
        frame.setProperty("kind", kind)
    if ground:
        frame.setProperty("ground", ground)
    frame.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return frame


def column(owner: QWidget | None = None, *, margins: Margins = NONE, gap: int = 0) -> QVBoxLayout:
    """A column of widgets."""
    layout = QVBoxLayout(owner) if owner is not None else QVBoxLayout()
    layout.setContentsMargins(*margins)
    layout.setSpacing(gap)
    return layout


def row(owner: QWidget | None = None, *, margins: Margins = NONE, gap: int = 0) -> QHBoxLayout:
    """A row of widgets."""
    layout = QHBoxLayout(owner) if owner is not None else QHBoxLayout()
    layout.setContentsMargins(*margins)
    layout.setSpacing(gap)
    return layout


def rule(*, is_vertical: bool = False) -> QFrame:
    """A hairline."""
    line = QFrame()
    line.setProperty("kind", "rule-v" if is_vertical else "rule")
    return line


def label(name: str, *, type_: str = "", tone: str = "", wraps: bool = False) -> QLabel:
    """A label of a type (11, 12, 13b, h1, title …) and tone (2, 3, good, warn, bad)."""
    made = QLabel()
    made.setObjectName(name)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if type_:
        made.setProperty("type", type_)
    if tone:
        made.setProperty("tone", tone)
    made.setWordWrap(wraps)
    return made


class Elided(QLabel):
    """One line that is cut with an ellipsis; the whole text is its tooltip then."""

    def __init__(
        self, name: str, *, type_: str = "", tone: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._mode = mode
        if type_:
            self.setProperty("type", type_)
        if tone:
            self.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        text = self.fontMetrics().elidedText(self.text(), self._mode, self.width())
        set_plain_tip(self, self.text() if text != self.text() else "")
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        side = self.alignment() & Qt.AlignmentFlag.AlignHorizontal_Mask
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter | side), text)
        painter.end()


class Button(QPushButton):
    """A button of a kind (primary, stop, ghost, link, small, flat, icon, nav, segment) with an icon of the façade."""

    def __init__(self, name: str, *, kind: str = "", icon_name: str = "", icon_px: int = 18) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAutoDefault(False)
        self._icon_name, self._icon_px = icon_name, icon_px
        self._tokens: Tokens = DARK
        if kind:
            self.setProperty("kind", kind)
        if icon_name:
            self._gap_px = 0 if kind in ("icon", "link") or icon_name == "chevron" else ICON_GAP_PX
            self.setIconSize(QSize(icon_px + self._gap_px, icon_px))

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        if name != self._icon_name:
            self._icon_name = name
            self.set_tokens(self._tokens)

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        if self._icon_name:
            is_filled = self.property("kind") in ("primary", "stop")
            colour = tokens.on_fill if is_filled else tokens.text
            if self.property("kind") == "link":
                colour = tokens.accent
            elif self.property("kind") == "icon":
                colour = tokens.text_2
            self.setIcon(
                icon(
                    self._icon_name,
                    colour,
                    disabled_colour=tokens.text_3,
                    size_px=self._icon_px,
                    gap_px=self._gap_px,
                )
            )


class Icon(QLabel):
    """A picture of the façade in a tone of the tokens."""

    def __init__(self, name: str, *, tone: str = "text_2", size_px: int = 18) -> None:
        super().__init__()
        self._name, self._tone, self._size_px = name, tone, size_px
        self.setFixedSize(size_px, size_px)

    def set_tokens(self, tokens: Tokens) -> None:
        self.setPixmap(pixmap(self._name, getattr(tokens, self._tone), self._size_px, self.devicePixelRatioF()))


class Combo(QComboBox):
    """A choice that opens; its arrow comes from the façade, as a style sheet cannot colour one."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._tokens: Tokens = DARK
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def place_of(self, value: object) -> int:
        """Where a value stands; the first where it does not. Not ``findData``: it knows no dates."""
        return next((at for at in range(self.count()) if self.itemData(at) == value), 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Whoever scrolls a form past it does not choose."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.drawPixmap(
            self.width() - 26,
            (self.height() - 16) // 2,
            pixmap("chevron", self._tokens.text_3, 16, self.devicePixelRatioF()),
        )
        painter.end()
