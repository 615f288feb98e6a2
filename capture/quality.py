"""What viewers will see and hear, measured and kept: the meters and the sample, as one part of the engine.

Control thread, except ``show`` (compositor) and ``heard`` (mixer).
"""

from __future__ import annotations

from collections.abc import Callable

import av
import cv2

from app.errors import InputError
from app.ports import engine as port
from app.runtime.clock import Clock
from capture.audio.loudspeaker import Loudspeaker
from capture.audio.rings import Sound
from capture.audio.sample import Sampler
from capture.devices.microphones import PortAudioHost
from capture.meters.face_process import FaceProcess
from capture.meters.metering import Metering
from capture.meters.picture import PictureMeter
from capture.meters.sound import SoundMeter

_PICTURES = (port.CameraSource, port.FileSource, port.DemoSource)
"""A shared screen is no camera's picture: it may stand still, and nobody's face is in it."""


class Quality:
    """``start`` first, ``close`` last."""

    def __init__(
        self, clock: Clock, emit: Callable[[port.AnyEvent], object], sound_host: PortAudioHost, faces: FaceProcess
    ) -> None:
        self._metering = Metering(clock, emit, PictureMeter(), SoundMeter(), faces)
        self._sampler = Sampler(Loudspeaker(sound_host), emit, clock)
        self._is_publishing = False
        self._late_blocks = 0

    def start(self) -> None:
        """Begin; what is measured is too small for more than one thread of OpenCV's."""
        cv2.setNumThreads(1)
        self._metering.start()

    def close(self) -> None:
        self._sampler.close()
        self._metering.close()

    def carry_out(self, command: port.AnyCommand) -> None:
        """Its own commands. Raises InputError ``output_busy`` for playing while viewers would hear it."""
        match command:
            case port.SetMeterRate():
                self._metering.set_rate(command.rate)
            case port.MeasureAgain():
                self._metering.forget()
            case port.TakeSample():
                self._sampler.take(min(15.0, max(1.0, command.seconds)))
            case port.PlaySample():
                if self._is_publishing:
                    raise InputError("output_busy")
                self._sampler.play()
            case port.StopSample():
                self._sampler.stop()
            case _:
                raise InputError

    # ---- what happens ----------------------------------------------------------------------------

    def set_publishing(self, is_publishing: bool) -> None:
        """Viewers see and hear it from now on, or no longer."""
        self._is_publishing = is_publishing
        self._metering.set_publishing(is_publishing)
        if is_publishing:
            self._sampler.stop()

    def set_muted(self, is_muted: bool) -> None:
        self._metering.set_muted(is_muted)

    def mended(self, is_picture: bool) -> None:
        """What was measured before a mend is past."""
        self._metering.forget(is_picture=is_picture, is_sound=not is_picture)

    def source_changed(self, source: port.VideoSource | port.AudioSource, changed: port.SourceChanged) -> None:
        """A source went live, or is no longer. Any thread."""
        is_live = changed.status is port.SourceStatus.LIVE
        if changed.is_video:
            self._metering.set_picture(is_live and isinstance(source, _PICTURES))
        else:
            self._metering.set_sound(is_live)

    def second(self, late_blocks: int) -> None:
        """Once a second: how many blocks of sound this programme has missed so far."""
        if late_blocks > self._late_blocks:
            self._metering.note_lost(late_blocks - self._late_blocks)
        self._late_blocks = late_blocks

    # ---- fast data -------------------------------------------------------------------------------

    def show(self, frame: av.VideoFrame, at_s: float) -> None:
        """A picture of the source as it will be encoded. Compositor's thread."""
        self._metering.offer_picture(frame, at_s)

    def heard(self, raw: Sound | None, voiced: Sound, limited: Sound) -> None:
        """See capture.audio.mixer.Listener."""
        self._metering.offer_sound(raw, voiced)
        self._sampler.feed(limited if raw is not None else None)
