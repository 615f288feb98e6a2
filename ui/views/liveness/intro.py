"""How it begins: what will happen, the warning, the ways, the camera, and the consent. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.liveness import LivenessPath
from app.i18n import Translator
from app.usecases.wishes import ListSources
from ui.presenters.liveness_intro import IntroView
from ui.presenters.sources import Choice
from ui.theme.icons import pixmap
from ui.theme.tokens import DARK, Tokens
from ui.views.base import View
from ui.views.prepare.fields import MarkedLine
from ui.widgets.basics import Icon, box, column, label, row
from ui.widgets.checks import CheckLine
from ui.widgets.radio import RadioRow
from ui.widgets.source_combo import SourceCombo
from ui.widgets.trouble import TroubleLine

STEPS, CAMERA_PX = 4, 320


class StepLine(QWidget):
    """An icon and what happens then."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._icon_name = ""
        self._tokens: Tokens = DARK
        self.icon = Icon("user")
        self.text = label(name, wraps=True)
        across = row(self, gap=12)
        across.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        across.addWidget(self.text, 1)

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._paint_icon()

    def show_step(self, icon: str, text: str) -> None:
        """Empty hides it."""
        self.setVisible(bool(text))
        self.text.setText(text)
        if icon != self._icon_name:
            self._icon_name = icon
            self._paint_icon()

    def _paint_icon(self) -> None:
        if self._icon_name:
            self.icon.setPixmap(pixmap(self._icon_name, self._tokens.accent, 18, self.devicePixelRatioF()))


class IntroPanel(View):
    """Draws IntroView."""

    start_asked = Signal()
    call_asked = Signal()
    closed = Signal()
    path_taken = Signal(object)
    agreed = Signal(bool)

    def __init__(self) -> None:
        super().__init__("liveness.intro")
        self._view: IntroView | None = None
        outer = column(self, gap=14)
        head = column(gap=6)
        title = label("liveness.intro.title", type_="h1", wraps=True)
        self.texts.bind(title.setText, "liveness.intro")
        text = label("liveness.intro.text", tone="2", wraps=True)
        self.texts.bind(text.setText, "liveness.intro_text")
        head.addWidget(title)
        head.addWidget(text)
        outer.addLayout(head)
        happens = box("liveness.intro.happens", kind="tile")
        inner = column(happens, margins=(16, 12, 16, 12), gap=8)
        self.steps = tuple(StepLine(f"liveness.intro.step.{number}") for number in range(STEPS))
        for line in self.steps:
            inner.addWidget(line)
        outer.addWidget(happens)
        self.match = label("liveness.match", type_="12", tone="2", wraps=True)
        outer.addWidget(self.match)
        self._build_ways(outer)
        self._build_camera(outer)
        self._build_end(outer)

    def _build_ways(self, outer: QVBoxLayout) -> None:
        ways = column(gap=6)
        name = label("liveness.way")
        self.texts.bind(name.setText, "liveness.way")
        ways.addWidget(name)
        self.warning = MarkedLine("liveness.warning", "warn")
        self.paths: dict[LivenessPath, RadioRow] = {}
        for path in LivenessPath:
            one = RadioRow(f"liveness.path.{path.value}")
            one.clicked.connect(lambda _=False, found=path: self.path_taken.emit(found))
            ways.addWidget(one)
            self.paths[path] = one
        ways.addWidget(self.warning)
        outer.addLayout(ways)

    def _build_camera(self, outer: QVBoxLayout) -> None:
        camera = column(gap=6)
        name = label("liveness.camera_name")
        self.texts.bind(name.setText, "liveness.camera")
        self.camera = SourceCombo("liveness.camera")
        self.named(self.camera, "liveness.camera")
        self.camera.setMinimumWidth(CAMERA_PX)
        self.camera.taken.connect(self._took)
        self.trouble = TroubleLine("liveness.camera_trouble", tone="warn")
        self.trouble.acted.connect(self._act)
        camera.addWidget(name)
        camera.addWidget(self.camera, 0, Qt.AlignmentFlag.AlignLeft)
        camera.addWidget(self.trouble)
        outer.addLayout(camera)

    def _build_end(self, outer: QVBoxLayout) -> None:
        self.agree = CheckLine("liveness.agree")
        self.texts.bind(self.agree.set_text, "liveness.agree")
        self.agree.toggled.connect(self.agreed)
        outer.addWidget(self.agree)
        end = column(gap=8)
        buttons = row(gap=10)
        self.start = self.button("liveness.start", "liveness.start", kind="primary")
        self.start.clicked.connect(self.start_asked)
        self.call = self.button("liveness.call", "liveness.call")
        self.call.clicked.connect(self.call_asked)
        self.back = self.button("liveness.back", "liveness.back_to_step", kind="ghost")
        self.back.clicked.connect(self.closed)
        for button in (self.start, self.call, self.back):
            buttons.addWidget(button)
        buttons.addStretch(1)
        end.addLayout(buttons)
        self.kept = label("liveness.kept", type_="12", tone="2", wraps=True)
        self.left = label("liveness.intro.left", type_="12", tone="2")
        below = row(gap=16)
        below.addWidget(self.left)
        below.addWidget(self.kept, 1)
        end.addLayout(below)
        outer.addLayout(end)

    def draw(self, view: IntroView) -> None:
        """Show this state."""
        if view == self._view:
            return
        self._view = view
        for number, line in enumerate(self.steps):
            icon, text = view.steps[number] if number < len(view.steps) else ("", "")
            line.show_step(icon, text)
        self.match.setText(view.match)
        self.warning.show_text(view.warning)
        for way in view.paths:
            button = self.paths[way.path]
            button.show_choice(way.title, way.detail)
            button.setChecked(way.path is view.path)
        self.camera.show_choices(view.cameras)
        self.camera.setVisible(any(one.wish is not None for one in view.cameras))
        if self.trouble.view != view.trouble:
            self.trouble.draw(view.trouble)
        self.agree.box.setChecked(view.is_agreed)
        if self.start.hasFocus() and not view.can_start:
            self.agree.box.setFocus(Qt.FocusReason.OtherFocusReason)  # else the keyboard would go to another part
        self.start.setEnabled(view.can_start)
        self.kept.setText(view.kept)
        self.left.setText(view.left)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._view = None

    def focus_first(self) -> None:
        """To what is to be done next."""
        (self.start if self.start.isEnabled() else self.agree.box).setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._view is not None and self._view.can_start:
            self.start_asked.emit()
        else:
            super().keyPressEvent(event)

    def _took(self, choice: Choice) -> None:
        self.camera.show_checked()
        if choice.wish is not None:
            self.wished.emit(choice.wish)

    def _act(self, action: str) -> None:
        if action == "retry":
            self.wished.emit(ListSources())
        else:
            self.acted.emit(action)
