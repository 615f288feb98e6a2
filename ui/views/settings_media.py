"""Settings of language and look, of camera, sound, and of what is sent and recorded."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSlider

from app.i18n import LANGUAGES, Translator
from app.ports.engine import FileSound, FileSource
from app.usecases.wishes import ChangeGain, ChooseAudio, ChooseVideo, ListSources, ProbeEncoders
from ui.presenters.common import rate_text
from ui.presenters.settings import (
    CHAT_SIZES_PX,
    MAX_GAIN_DB,
    MAX_KBPS,
    MIN_GAIN_DB,
    MIN_KBPS,
    QUALITIES,
    STEP_KBPS,
    SettingsView,
    gain_text,
)
from ui.presenters.sources import Choice
from ui.views.settings_rows import SettingsSection
from ui.widgets.basics import Button, Combo, label, row
from ui.widgets.frames import FrameFeed, LevelMeter
from ui.widgets.marks import Toggle
from ui.widgets.menus import ask_file, ask_folder
from ui.widgets.segmented import Segmented
from ui.widgets.source_combo import SourceCombo

SLIDER_WAIT_MS = 300


class GeneralSection(SettingsSection):
    def __init__(self) -> None:
        super().__init__("general")
        self.language = Segmented("settings.language", LANGUAGES)
        self.named(self.language, "settings.language")
        self.language.chosen.connect(lambda value: self.change("language", value))
        self.section.add("settings.language", self.language)
        self.section.add_rule()
        self.theme = Segmented("settings.theme", ("system", "light", "dark"))
        self.named(self.theme, "settings.theme")
        self.theme.chosen.connect(lambda value: self.change("theme", value))
        self.section.add("settings.theme", self.theme)
        self.live_theme = Segmented("settings.live_theme", ("dark", "light", "system"))
        self.named(self.live_theme, "settings.live_theme")
        self.live_theme.chosen.connect(lambda value: self.change("live_theme", value))
        self.section.add("settings.live_theme", self.live_theme, hint_id="settings.live_theme_hint")
        self.section.add_rule()
        self.chat_size = Segmented("settings.chat_size", tuple(str(size) for size in CHAT_SIZES_PX))
        self.named(self.chat_size, "settings.chat_size")
        self.chat_size.chosen.connect(lambda value: self.change("chat_size_px", int(value)))
        self.section.add("settings.chat_size", self.chat_size)
        self.section.add_rule()
        self.notifications = Toggle("settings.notifications")
        self.named(self.notifications, "settings.notifications")
        self.notifications.clicked.connect(lambda is_on: self.change("is_notifying", bool(is_on)))
        line = label("settings.notifications_line", tone="2", wraps=True)
        self.texts.bind(line.setText, "settings.notifications_hint")
        across = row(margins=(0, 5, 0, 5), gap=10)
        across.addWidget(self.notifications)
        across.addWidget(line, 1)
        self.section.add("settings.notifications", across)
        self.sounds = Toggle("settings.sounds")
        self.named(self.sounds, "settings.sounds")
        self.sounds.clicked.connect(lambda is_on: self.change("is_sounding", bool(is_on)))
        sounds_line = label("settings.sounds_line", tone="2", wraps=True)
        self.texts.bind(sounds_line.setText, "settings.sounds_hint")
        beside = row(margins=(0, 5, 0, 5), gap=10)
        beside.addWidget(self.sounds)
        beside.addWidget(sounds_line, 1)
        self.section.add("settings.sounds", beside)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self.language.set_labels({name: Translator(name).text("language.name") for name in LANGUAGES})
        themes = {name: tr.text(f"theme.{name}") for name in ("system", "light", "dark")}
        self.theme.set_labels(themes)
        self.live_theme.set_labels(themes)
        self.chat_size.set_labels({str(size): f"{size}" for size in CHAT_SIZES_PX})

    def draw(self, view: SettingsView) -> None:
        self.language.show_value(view.language)
        self.theme.show_value(view.theme)
        self.live_theme.show_value(view.live_theme)
        self.chat_size.show_value(str(view.chat_size_px))
        self.notifications.setChecked(view.is_notifying)
        self.sounds.setChecked(view.is_sounding)


class CameraSection(SettingsSection):
    def __init__(self) -> None:
        super().__init__("camera")
        self.source = SourceCombo("settings.video")
        self.named(self.source, "settings.video")
        self.source.taken.connect(self._took)
        refresh = self.button("settings.video_refresh", "settings.refresh", icon_name="refresh")
        refresh.clicked.connect(lambda: self.wished.emit(ListSources()))
        self.section.add("settings.video", _beside(self.source, refresh), hint_id="settings.video_hint")
        self.section.add_rule()
        self.mirror = Toggle("settings.mirror")
        self.named(self.mirror, "settings.mirror")
        self.mirror.clicked.connect(lambda is_on: self.change("is_preview_mirrored", bool(is_on)))
        line = label("settings.mirror_line", tone="2")
        self.texts.bind(line.setText, "settings.mirror_line")
        self.section.add("settings.mirror", _toggle_row(self.mirror, line))

    def _took(self, choice: Choice) -> None:
        if choice.asks_file:
            ask_file(
                self, self._tr.text("source.ask_video"), self._tr.text("source.video_filter"),
                lambda path: self.wished.emit(ChooseVideo(FileSource(path=path))),
            )  # fmt: skip
        elif choice.wish is not None:
            self.wished.emit(choice.wish)

    def draw(self, view: SettingsView) -> None:
        self.source.show_choices(view.videos)
        self.mirror.setChecked(view.is_mirrored)


class SoundSection(SettingsSection):
    def __init__(self, feed: FrameFeed) -> None:
        super().__init__("sound")
        self.source = SourceCombo("settings.audio")
        self.named(self.source, "settings.audio")
        self.source.taken.connect(self._took)
        refresh = self.button("settings.audio_refresh", "settings.refresh", icon_name="refresh")
        refresh.clicked.connect(lambda: self.wished.emit(ListSources()))
        self.section.add("settings.audio", _beside(self.source, refresh))
        self.meter = LevelMeter("settings.meter", feed, width_px=280)
        self.named(self.meter, "live.meter")
        self.texts.bind(self.meter.set_over_text, "live.over")
        meter_row = row()
        meter_row.addWidget(self.meter)
        meter_row.addStretch(1)
        meter_row.setContentsMargins(0, 13, 0, 13)
        self.section.add("settings.level", meter_row, hint_id="settings.level_hint")
        self.section.add_rule()
        self.gain = QSlider(Qt.Orientation.Horizontal)
        self.gain.setObjectName("settings.gain")
        self.named(self.gain, "settings.gain")
        self.gain.setRange(MIN_GAIN_DB, MAX_GAIN_DB)
        self.gain.setFixedWidth(280)
        self._settle = _settle_timer(self, lambda: self.wished.emit(ChangeGain(float(self.gain.value()))))
        self.gain.valueChanged.connect(self._moved)
        self.gain_text = label("settings.gain_text", tone="2")
        self.section.add("settings.gain", _toggle_row(self.gain, self.gain_text), hint_id="settings.gain_hint")

    def _took(self, choice: Choice) -> None:
        if choice.asks_file:
            ask_file(
                self, self._tr.text("source.ask_sound"), self._tr.text("source.sound_filter"),
                lambda path: self.wished.emit(ChooseAudio(FileSound(path=path))),
            )  # fmt: skip
        elif choice.wish is not None:
            self.wished.emit(choice.wish)

    def draw(self, view: SettingsView) -> None:
        self.source.show_choices(view.microphones)
        if not self.gain.isSliderDown() and not self._settle.isActive():
            with QSignalBlocker(self.gain):
                self.gain.setValue(round(view.gain_db))
            self.gain_text.setText(view.gain_text)

    def _moved(self, value: int) -> None:
        self.gain_text.setText(gain_text(value))
        self._settle.start()


class OutputSection(SettingsSection):
    """``quality_asked`` … are turned into wishes by the page's owner, which knows the present output."""

    quality_asked = Signal(str)
    bitrate_asked = Signal(int)
    encoder_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__("output")
        self._view: SettingsView | None = None
        self.quality = Segmented("settings.quality", tuple(QUALITIES))
        self.named(self.quality, "settings.quality")
        self.quality.chosen.connect(self.quality_asked)
        self.quality_line = label("settings.quality_line", type_="12", tone="2")
        self.section.add("settings.quality", self.quality, line=self.quality_line)
        self.bitrate = QSlider(Qt.Orientation.Horizontal)
        self.bitrate.setObjectName("settings.bitrate")
        self.named(self.bitrate, "settings.bitrate")
        self.bitrate.setRange(MIN_KBPS // STEP_KBPS, MAX_KBPS // STEP_KBPS)
        self.bitrate.setFixedWidth(280)
        self._settle = _settle_timer(self, lambda: self.bitrate_asked.emit(self.bitrate.value() * STEP_KBPS))
        self.bitrate.valueChanged.connect(self._moved)
        self.bitrate_text = label("settings.bitrate_text", tone="2")
        self.section.add(
            "settings.bitrate", _toggle_row(self.bitrate, self.bitrate_text), hint_id="settings.bitrate_hint"
        )
        self.encoder = Combo("settings.encoder")
        self.named(self.encoder, "settings.encoder")
        self.encoder.activated.connect(lambda _: self.encoder_asked.emit(str(self.encoder.currentData())))
        self.probe = self.button("settings.probe", "settings.probe", icon_name="refresh")
        self.probe.clicked.connect(lambda: self.wished.emit(ProbeEncoders()))
        self.encoder_line = label("settings.encoder_line", type_="12", tone="2", wraps=True)
        self.section.add("settings.encoder", _beside(self.encoder, self.probe), line=self.encoder_line)
        self.locked = label("settings.output_locked", type_="12", tone="warn", wraps=True)
        self.texts.bind(self.locked.setText, "settings.output_locked")
        self.section.add_wide(self.locked)
        self.section.add_rule()
        self.automatic = Toggle("settings.automatic")
        self.named(self.automatic, "settings.automatic")
        self.automatic.clicked.connect(lambda is_on: self.change("is_recording_automatic", bool(is_on)))
        line = label("settings.automatic_line", tone="2")
        self.texts.bind(line.setText, "settings.automatic_line")
        self.section.add("settings.automatic", _toggle_row(self.automatic, line))
        self.folder = QLineEdit()
        self.folder.setObjectName("settings.folder")
        self.folder.setReadOnly(True)
        self.named(self.folder, "settings.folder")
        choose: Button = self.button("settings.folder_change", "settings.change")
        choose.clicked.connect(self._ask_folder)
        self.folder_line = label("settings.folder_line", type_="12", tone="2")
        self.section.add("settings.folder", _beside(self.folder, choose), line=self.folder_line)

    def _moved(self, value: int) -> None:
        self.bitrate_text.setText(rate_text(value * STEP_KBPS))
        self._settle.start()

    def _ask_folder(self) -> None:
        ask_folder(self, self._tr.text("settings.folder"), lambda path: self.change("recording_dir", path))

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self.quality.set_labels({name: tr.text(f"quality.{name}") for name in QUALITIES})

    def draw(self, view: SettingsView) -> None:
        is_free = not view.is_output_locked
        for widget in (self.quality, self.encoder, self.probe):
            widget.setEnabled(is_free)
        self.locked.setVisible(view.is_output_locked)
        self.quality.show_value(view.quality)
        self.quality_line.setText(view.quality_line)
        if not self.bitrate.isSliderDown() and not self._settle.isActive():
            with QSignalBlocker(self.bitrate):
                self.bitrate.setValue(view.video_kbps // STEP_KBPS)
            self.bitrate_text.setText(view.rate_text)
        if self._view is None or (view.encoders, view.encoder) != (self._view.encoders, self._view.encoder):
            with QSignalBlocker(self.encoder):
                self.encoder.clear()
                for value, text in view.encoders:
                    self.encoder.addItem(text, value)
                self.encoder.setCurrentIndex(max(0, self.encoder.findData(view.encoder)))
        self.encoder_line.setText(view.encoders_line)
        self.automatic.setChecked(view.is_recording_automatic)
        self.folder.setText(view.folder)
        self.folder_line.setText(view.folder_line)
        self.folder_line.setVisible(bool(view.folder_line))
        self._view = view


def _settle_timer(owner: QObject, settled: Callable[[], object]) -> QTimer:
    """Started by each step of a slider; ``settled`` is called when it rests: settings are a file, written once then."""
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(SLIDER_WAIT_MS)
    timer.timeout.connect(settled)
    return timer


def _beside(field: Combo | QLineEdit, button: Button) -> QHBoxLayout:
    across = row(gap=10)
    across.addWidget(field, 1)
    across.addWidget(button)
    return across


def _toggle_row(control: Toggle | QSlider, text: QLabel) -> QHBoxLayout:
    across = row(margins=(0, 5, 0, 5), gap=10)
    across.addWidget(control)
    across.addWidget(text, 1)
    return across
