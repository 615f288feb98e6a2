"""The page 准备: steps at the left, what belongs to the chosen one in the middle, what was done at the right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from app.domain.onboarding import StepId
from app.i18n import Translator
from app.runtime.clock import Clock
from ui.presenters.prepare import Middle, PrepareView, StepRow
from ui.presenters.prepare_status import Look, StatusView
from ui.views.base import View
from ui.views.live_header import HEADER_PX
from ui.views.liveness.card import LivenessCard
from ui.views.prepare.face import FaceCard
from ui.views.prepare.form import FormCard
from ui.views.prepare.identity import IdentityCard
from ui.views.prepare.side import SideColumn
from ui.views.prepare.status import StatusCard
from ui.views.prepare.steps import StepList
from ui.widgets.basics import box, column, label, row
from ui.widgets.frames import FrameFeed
from ui.widgets.marks import Pill
from ui.widgets.scroll import scrolled
from ui.widgets.trouble import TroubleLine

LEFT_PX, RIGHT_PX, FORM_PX, MARGIN_PX, NARROW_MARGIN_PX = 260, 308, 640, 48, 32
NARROW_RIGHT_PX = 236
"""While the camera works the right column stays: it says how the picture is."""
WIDE_PX = 1100
"""Width of the page from which the right column stands beside; below it, it goes under the steps."""


class PreparePage(View):
    """Draws PrepareView. ``redraw_asked``: the person looks at something else; ``look`` says at what."""

    redraw_asked = Signal()

    def __init__(self, feed: FrameFeed, clock: Clock) -> None:
        super().__init__("prepare", ground="bg")
        self.look = Look()
        self._steps: tuple[StepRow, ...] = ()
        self._view: PrepareView | None = None
        self.liveness = LivenessCard(feed, clock)
        outer = column(self)
        outer.addWidget(self._build_header())
        body = row()
        outer.addLayout(body, 1)
        self.steps = StepList()
        self.steps.chosen.connect(lambda step: self.look_at(Look(step)))
        self.side = SideColumn()
        self.side.earlier_asked.connect(lambda found: self.look_at(Look(earlier_id=found)))
        self.left, self._left = scrolled("prepare.left", width_px=LEFT_PX, margins=(16, 16, 12, 16))
        self._left.addWidget(self.steps)
        self._left.addSpacing(20)
        self._left.addStretch(1)
        self.right, self._right = scrolled("prepare.right", width_px=RIGHT_PX, margins=(24, 28, 20, 20))
        self._right.addWidget(self.side)
        self._right.addStretch(1)
        self.guide, self._guide = scrolled("prepare.guide", width_px=RIGHT_PX, margins=(24, 28, 20, 20))
        self._guide.addWidget(self.liveness.side)
        self.guide.hide()
        left_ground, right_ground = (
            box("prepare.left_ground", ground="nav"),
            box("prepare.right_ground", ground="aside"),
        )
        for ground, part in ((left_ground, self.left), (right_ground, self.right)):
            column(ground).addWidget(part)
        found = right_ground.layout()
        if found is not None:
            found.addWidget(self.guide)
        self._right_ground = right_ground
        body.addWidget(left_ground)
        body.addWidget(self._build_middle(), 1)
        body.addWidget(right_ground)
        self._is_wide = True
        self._taken = ("", 0)

    def _build_header(self) -> QFrame:
        header = box("prepare.header", ground="header")
        header.setFixedHeight(HEADER_PX)
        line = row(header, margins=(20, 0, 20, 0), gap=14)
        self.title = label("prepare.title", type_="h1")
        self.save = Pill("prepare.save")
        self.back = self.button("prepare.back", "prepare.back")
        self.back.clicked.connect(lambda: self.look_at(Look()))
        line.addWidget(self.title)
        line.addWidget(self.save)
        line.addStretch(1)
        self.note = label("prepare.note", type_="12", tone="2")
        self.texts.bind(self.note.setText, "liveness.note")
        line.addWidget(self.note)
        line.addWidget(self.back)
        return header

    def _build_middle(self) -> QFrame:
        ground = box("prepare.middle", ground="surface")
        inner = column(ground)
        self.trouble = TroubleLine("prepare.trouble")
        self.trouble.acted.connect(self.acted)
        self.trouble.setContentsMargins(MARGIN_PX, 16, MARGIN_PX, 0)
        inner.addWidget(self.trouble)
        self.stack = QStackedWidget()
        inner.addWidget(self.stack, 1)
        nothing = QWidget()
        empty = column(nothing, margins=(40, 0, 40, 0), gap=12)
        self.empty = label("prepare.empty", tone="2", wraps=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.retry = self.button("prepare.retry", "action.retry")
        self.retry.clicked.connect(lambda: self.acted.emit("retry"))
        empty.addStretch(1)
        empty.addWidget(self.empty)
        empty.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignHCenter)
        empty.addStretch(1)
        self.form, self.status = FormCard(), StatusCard()
        self.identity, self.face = IdentityCard(), FaceCard()
        self.form_area, form = self._area("prepare.scroll", self.form)
        self.status_area, status = self._area("prepare.status_scroll", self.status)
        identity_area, identity = self._area("prepare.identity_scroll", self.identity)
        face_area, face = self._area("prepare.face_scroll", self.face)
        self._margined = (form, status, identity, face)
        for layout in (status, identity, face):
            layout.addStretch(1)
        self.identity.closed.connect(lambda: self.look_at(Look(StepId.IDENTITY)))
        self.face.closed.connect(lambda: self.look_at(Look(StepId.FACE)))
        self.liveness.wished.connect(self.wished)
        self.liveness.acted.connect(self.acted)
        self.liveness.redraw_asked.connect(self.redraw_asked)
        self.liveness.call_asked.connect(lambda: self.look_at(Look(StepId.FACE, opens_form=True)))
        self.liveness.closed.connect(lambda: self.look_at(Look(StepId.FACE)))
        self.liveness.onward_asked.connect(lambda: self.look_at(Look()))
        self.form.acted.connect(self.acted)
        self.form.shown_asked.connect(self._show_field)
        self.status.acted.connect(self._act)
        self._middles = {
            Middle.NOTHING: nothing,
            Middle.FORM: self.form_area,
            Middle.STATUS: self.status_area,
            Middle.IDENTITY: identity_area,
            Middle.FACE: face_area,
            Middle.LIVENESS: self.liveness,
        }
        for widget in self._middles.values():
            self.stack.addWidget(widget)
        return ground

    def _area(self, name: str, card: View) -> tuple[QScrollArea, QVBoxLayout]:
        area, layout = scrolled(name, margins=(MARGIN_PX, 24, MARGIN_PX, 40))
        card.setMaximumWidth(FORM_PX)
        layout.addWidget(card)
        card.wished.connect(self.wished)
        return area, layout

    # ---- looking ---------------------------------------------------------------------------------

    def look_at(self, look: Look) -> None:
        """Show another step, or an earlier application. What runs before the camera is not left unasked."""
        is_away = look.opens_form or look.step not in (None, StepId.FACE) or bool(look.earlier_id)
        if look != self.look and (not is_away or self.may_leave(lambda: self.look_at(look))):
            self.look = look
            self.redraw_asked.emit()

    def look_at_now(self, *, offers_change: bool = False) -> None:
        """Show where the person is when the page is opened next."""
        self.look = Look(offers_change=offers_change)

    def follow_name(self, taken: tuple[str, int]) -> None:
        """Also while the page is not seen: of a name that was taken, or another person's, nothing stays in the fields.

        ``taken`` as by ``taken_name``. Who has just given their name sees how it stands.
        """
        before, self._taken = self._taken, taken
        if taken == before:
            return
        self.identity.empty()
        if taken[0] == before[0] and taken[1] and self.look.step in (None, StepId.IDENTITY):
            self.look = Look(StepId.IDENTITY, stays=True)

    def leave(self) -> None:
        """Another page is opened: the next time one begins where the person is."""
        self.look = Look()
        self.liveness.forget()

    def may_leave(self, then: Callable[[], None]) -> bool:
        """False while the camera works: the person is asked, and ``then`` is done when they agree."""
        return self.liveness.may_leave(then)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape or not self.liveness.stop():
            super().keyPressEvent(event)

    def _act(self, action: str) -> None:
        if action == "open_form":
            self.look_at(Look(StepId.APPLICATION))
        elif action == "open_identity_form":
            self.look_at(Look(StepId.IDENTITY, opens_form=True))
        elif action == "open_face_form":
            self.look_at(Look(StepId.FACE, opens_form=True))
        elif action == "open_camera_check":
            self.liveness.open()
            self.look_at(Look(StepId.FACE, opens_camera=True, stays=True))
        elif action == "open_now":
            self.look_at(Look())
        else:
            self.acted.emit(action)

    def focus_first(self) -> None:
        """Give the keyboard to what is to be done."""
        view = self._view
        if view is not None and view.middle is Middle.FORM and view.form is not None and view.form.is_editable:
            self.form.focus_first()
        elif view is not None and view.middle is Middle.IDENTITY:
            self.identity.focus_first()
        elif view is not None and view.middle is Middle.FACE:
            self.face.focus_first()
        elif view is not None and view.middle is Middle.LIVENESS:
            self.liveness.focus_first()
        elif view is not None and view.middle is Middle.STATUS and not self.status.main.isHidden():
            self.status.main.setFocus()
        elif view is not None and view.middle is Middle.STATUS and not self.status.second.isHidden():
            self.status.second.setFocus()
        else:
            (next(iter(self.steps.buttons.values()), None) or self).setFocus()

    # ---- drawing ---------------------------------------------------------------------------------

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        for part in (self.form, self.status, self.identity, self.face, self.liveness, self.side):
            part.retranslate(tr)

    def draw(self, view: PrepareView) -> None:
        """Show this state. A step that is reached by what was done takes the place of the one that was looked at."""
        states = tuple((one.id, one.state) for one in view.steps)
        if states != tuple((one.id, one.state) for one in self._steps):
            had_steps, self._steps = bool(self._steps), view.steps
            if had_steps and self.look.step is not None and not self.look.stays:
                self.look = Look()
                self.redraw_asked.emit()
                return
        self._view = view
        self.title.setText(view.title)
        self.save.show_text(*view.save)
        self.save.setVisible(bool(view.save[0]))
        self.back.setVisible(view.is_earlier)
        self.steps.draw(view.steps)
        self.side.draw(view)
        is_form = view.middle is Middle.FORM and view.form is not None
        self.trouble.draw(None if is_form else view.trouble)
        self.empty.setText(view.empty_text)
        self.retry.setVisible(view.can_retry and (view.trouble is None or not view.trouble.action_label))
        if is_form and view.form is not None:
            self.form.draw(view.form, None if view.is_earlier else view.trouble)
        if view.status is not None:
            self._draw_status(view.status)
        if view.identity is not None:
            self.identity.draw(view.identity)
        if view.face is not None:
            self.face.draw(view.face)
        if view.liveness is not None:
            self.liveness.draw(view.liveness)
        self._draw_right(view)
        shown = self._middles[view.middle]
        before = self.stack.currentWidget()
        if before is not shown:
            focused = self.window().focusWidget()
            had_focus = before is not None and focused is not None and before.isAncestorOf(focused)
            self.stack.setCurrentWidget(shown)
            if had_focus:
                self.focus_first()

    def _draw_right(self, view: PrepareView) -> None:
        """While the camera works: how the picture is, instead of what was done."""
        self.note.setVisible(view.middle is Middle.LIVENESS)
        is_guiding = view.liveness is not None and view.liveness.side is not None
        if is_guiding is not self.guide.isHidden():
            return
        self.guide.setVisible(is_guiding)
        self.right.setVisible(not is_guiding)
        self._right_ground.setVisible(is_guiding or self._is_wide)

    def _draw_status(self, view: StatusView) -> None:
        """A button that was pressed may go with what it did: the keyboard then stays at the step it was about."""
        before = self.window().focusWidget()
        had_focus = before is not None and self.status.isAncestorOf(before)
        self.status.draw(view)
        if had_focus and before is not None and before.isHidden():
            chosen = (
                next((one.id for one in self._view.steps if one.is_chosen), None) if self._view is not None else None
            )
            button = self.steps.buttons.get(chosen) if chosen is not None else None
            shown = [one for one in (self.status.main, self.status.second) if not one.isHidden()]
            (shown[0] if shown else button or self).setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_field(self, field: QWidget) -> None:
        self.form_area.ensureWidgetVisible(field, 0, 60)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.width() >= WIDE_PX
        if is_wide is self._is_wide:
            return
        self._is_wide = is_wide
        if is_wide:
            self._right.insertWidget(0, self.side)
        else:
            self._left.insertWidget(2, self.side)
        self._right_ground.setVisible(is_wide or not self.guide.isHidden())
        self.guide.setFixedWidth(RIGHT_PX if is_wide else NARROW_RIGHT_PX)
        self._guide.setContentsMargins(*((24, 28, 20, 20) if is_wide else (16, 16, 12, 16)))
        side_px = 0 if is_wide else 8
        inner = self.side.layout()
        if inner is not None:
            inner.setContentsMargins(side_px, 0, side_px, 0)
        margin = MARGIN_PX if is_wide else NARROW_MARGIN_PX
        for layout in self._margined:
            layout.setContentsMargins(margin, 24, margin, 40)
        self.trouble.setContentsMargins(margin, 16, margin, 0)
        self.liveness.set_margin(margin)

    def shut(self) -> None:
        """Wait for what is being read."""
        self.form.thumbnails.close()
