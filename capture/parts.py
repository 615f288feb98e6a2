"""Compositor, mixer and sources of one programme format. Made and ended in the engine's control thread."""

from __future__ import annotations

from collections.abc import Callable

import av

from app.ports import engine as port
from app.runtime.clock import Clock
from app.runtime.shared_frames import Levels
from capture.audio.mixer import Mixer
from capture.audio.sources import SoundSource
from capture.compose.compositor import Compositor
from capture.frames import PictureFormat
from capture.outputs import Outputs
from capture.programme import ProgrammeTime
from capture.quality import Quality
from capture.sources.base import PictureSource
from capture.sources.make import SourceDevices, SourceMaker


class Parts:
    """Everything that belongs to one format and is made anew with it."""

    def __init__(
        self,
        output: port.Output,
        clock: Clock,
        devices: SourceDevices,
        on_picture: Callable[[int, av.VideoFrame], None],
        outputs: Outputs,
        on_levels: Callable[[Levels], None],
        quality: Quality,
    ) -> None:
        picture = PictureFormat(output.width_px, output.height_px, output.rate_fps)
        time = ProgrammeTime(clock.monotonic_s(), output.rate_fps)

        def show(slot: int, frame: av.VideoFrame) -> None:
            on_picture(slot, frame)
            if self.compositor.shows_source and self.compositor.bare is not None:
                quality.show(self.compositor.bare, time.slot_s(slot))

        self.compositor = Compositor(picture, time, clock, show)
        self.mixer = Mixer(time, clock, outputs.offer_sound, on_levels, quality)
        self.maker = SourceMaker(picture, time, clock, devices)
        self.picture: PictureSource | None = None
        self.sound: SoundSource | None = None

    def start(self) -> None:
        self.compositor.start()
        self.mixer.start()

    def close(self) -> None:
        self.compositor.close()
        self.mixer.close()
        for source in (self.picture, self.sound):
            if source is not None:
                source.close()
