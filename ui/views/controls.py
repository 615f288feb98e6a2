"""The row of controls: microphone with its meter, picture, source, recording, and the one primary button."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from app.i18n import Translator
from app.ports.engine import FileSound, FileSource
from app.usecases.wishes import ChooseAudio, ChooseVideo, Wish
from ui.keys import KeyAction
from ui.presenters.live import ControlsView
from ui.presenters.sources import Choice
from ui.theme.apply import set_look
from ui.views.base import View
from ui.widgets.basics import Button, box, row
from ui.widgets.frames import FrameFeed, LevelMeter
from ui.widgets.menus import ask_file, open_menu


class ControlsRow(View):
    """Draws ControlsView. ``main_asked``: go live, cancel or end; the page decides which sheet that opens."""

    main_asked = Signal()

    def __init__(self, feed: FrameFeed) -> None:
        super().__init__("controls")
        self._view: ControlsView | None = None
        self._tr = Translator()
        layout = row(self, gap=10)
        group, inner = self._group("controls.microphone")
        self.mute = self._flat("controls.mute", "mic")
        self.tipped(self.mute, "live.mute_tip", key=KeyAction.MUTE)
        self.mute.clicked.connect(lambda: self._emit("mute"))
        self.meter = LevelMeter("controls.meter", feed)
        self.named(self.meter, "live.meter")
        self.texts.bind(self.meter.set_over_text, "live.over")
        self.audio_menu = self._flat("controls.audio_menu", "chevron")
        self.named(self.audio_menu, "live.choose_microphone", tip="live.choose_microphone")
        self.audio_menu.clicked.connect(self.open_audio_menu)
        inner.addWidget(self.mute)
        inner.addWidget(self.meter)
        inner.addSpacing(4)
        inner.addWidget(self.audio_menu)
        layout.addWidget(group)
        self.camera = Button("controls.camera", icon_name="video")
        self.tipped(self.camera, "live.camera_tip", key=KeyAction.CAMERA)
        self.camera.clicked.connect(lambda: self._emit("hide_camera"))
        layout.addWidget(self.camera)
        self.source = self.button(
            "controls.source", "live.source", icon_name="monitor", tip="live.source_tip", key=KeyAction.SOURCE
        )
        self.source.clicked.connect(self.open_video_menu)
        layout.addWidget(self.source)
        self.record = Button("controls.record", icon_name="record")
        self.tipped(self.record, "live.record_tip")
        self.record.clicked.connect(lambda: self._emit("record_wish"))
        layout.addWidget(self.record)
        layout.addStretch(1)
        self.main = Button("controls.main", kind="primary")
        self.tipped(self.main, "live.main_tip", key=KeyAction.GO_LIVE)
        self.main.clicked.connect(self.main_asked)
        layout.addWidget(self.main)

    def _group(self, name: str) -> tuple[QFrame, QHBoxLayout]:
        group = box(name, kind="group")
        return group, row(group, margins=(1, 0, 1, 0))

    @staticmethod
    def _flat(name: str, icon_name: str) -> Button:
        return Button(name, kind="flat", icon_name=icon_name, icon_px=16 if icon_name == "chevron" else 18)

    def set_narrow(self, is_narrow: bool) -> None:
        """Draw closer together in a narrow window."""
        layout = self.layout()
        if layout is not None:
            layout.setSpacing(6 if is_narrow else 10)
        self.meter.setFixedWidth(40 if is_narrow else 64)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self._view = None

    def draw(self, view: ControlsView) -> None:
        """Show this state."""
        if view == self._view:
            return
        self._view = view
        self.mute.setText(view.microphone)
        self.mute.setAccessibleName(view.mute_name)
        self.mute.set_icon("mic-off" if view.is_muted else "mic")
        self.camera.setText(view.camera)
        self.camera.setAccessibleName(view.camera_name)
        self.camera.set_icon("video-off" if view.is_camera_off else "video")
        self.record.setText(view.record)
        self.record.setAccessibleName(view.record_name)
        self.record.set_icon("stop" if view.is_recording else "record")
        self.main.setText(view.main)
        self.main.setAccessibleName(view.main)
        set_look(self.main, kind=view.main_kind)
        self.main.setEnabled(view.is_main_enabled)

    def open_video_menu(self) -> None:
        """Choose what viewers see."""
        if self._view is not None:
            open_menu(self.source, "menu.video", self._view.videos, self._took_video)

    def open_audio_menu(self) -> None:
        """Choose what viewers hear."""
        if self._view is not None:
            open_menu(self.audio_menu, "menu.audio", self._view.microphones, self._took_audio)

    def _took_video(self, choice: Choice) -> None:
        if choice.asks_file:
            ask_file(
                self, self._tr.text("source.ask_video"), self._tr.text("source.video_filter"),
                lambda path: self.wished.emit(ChooseVideo(FileSource(path=path))),
            )  # fmt: skip
        elif choice.wish is not None:
            self.wished.emit(choice.wish)

    def _took_audio(self, choice: Choice) -> None:
        if choice.asks_file:
            ask_file(
                self, self._tr.text("source.ask_sound"), self._tr.text("source.sound_filter"),
                lambda path: self.wished.emit(ChooseAudio(FileSound(path=path))),
            )  # fmt: skip
        elif choice.wish is not None:
            self.wished.emit(choice.wish)

    def _emit(self, name: str) -> None:
        wish: Wish | None = getattr(self._view, name, None)
        if wish is not None:
            self.wished.emit(wish)
