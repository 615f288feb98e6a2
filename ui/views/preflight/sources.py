"""Which camera and which microphone, with the reason where nothing comes from one. GUI thread."""

from __future__ import annotations

from app.i18n import Translator
from app.ports.engine import FileSound, FileSource
from app.usecases.wishes import ChooseAudio, ChooseVideo, ListSources
from ui.presenters.preflight import PreflightView
from ui.presenters.sources import Choice
from ui.views.base import View
from ui.widgets.basics import column, label, row
from ui.widgets.menus import ask_file
from ui.widgets.source_combo import SourceCombo
from ui.widgets.trouble import TroubleLine


class SourcesRow(View):
    """The two choices side by side."""

    def __init__(self) -> None:
        super().__init__("preflight.sources")
        self._tr = Translator()
        across = row(self, gap=14)
        self.video = SourceCombo("preflight.video")
        self.audio = SourceCombo("preflight.audio")
        self.video_trouble = TroubleLine("preflight.video_trouble", tone="warn")
        self.audio_trouble = TroubleLine("preflight.audio_trouble", tone="warn")
        for combo, trouble, name_id in (
            (self.video, self.video_trouble, "preflight.video"),
            (self.audio, self.audio_trouble, "preflight.audio"),
        ):
            one = column(gap=4)
            name = label(f"{name_id}_name", type_="12", tone="2")
            self.texts.bind(name.setText, name_id)
            self.named(combo, name_id)
            one.addWidget(name)
            one.addWidget(combo)
            one.addWidget(trouble)
            one.addStretch(1)
            across.addLayout(one, 1)
            trouble.acted.connect(lambda _: self.wished.emit(ListSources()))
        self.video.taken.connect(self._took_video)
        self.audio.taken.connect(self._took_audio)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr

    def draw(self, view: PreflightView) -> None:
        """Show this state."""
        self.video.show_choices(view.videos)
        self.audio.show_choices(view.microphones)
        for line, trouble in ((self.video_trouble, view.video_trouble), (self.audio_trouble, view.audio_trouble)):
            if line.view != trouble:
                line.draw(trouble)

    def _took_video(self, choice: Choice) -> None:
        self.video.show_checked()
        if choice.asks_file:
            ask_file(
                self, self._tr.text("source.ask_video"), self._tr.text("source.video_filter"),
                lambda path: self.wished.emit(ChooseVideo(FileSource(path=path))),
            )  # fmt: skip
        elif choice.wish is not None:
            self.wished.emit(choice.wish)

    def _took_audio(self, choice: Choice) -> None:
        self.audio.show_checked()
        if choice.asks_file:
            ask_file(
                self, self._tr.text("source.ask_sound"), self._tr.text("source.sound_filter"),
                lambda path: self.wished.emit(ChooseAudio(FileSound(path=path))),
            )  # fmt: skip
        elif choice.wish is not None:
            self.wished.emit(choice.wish)
