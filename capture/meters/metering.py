"""Measures the programme beside it. Its own thread, which feeds what came, and now and then looks.

The compositor and the mixer only leave references here; what is not fetched in time is dropped, oldest first, and costs
a measurement, never the broadcast. While nothing is published and nobody looks, nothing is measured.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import av
import numpy as np

from app.domain.quality.measures import FaceBox, PictureMeasures, SoundMeasures
from app.ports.engine import MeterRate, QualityMeasured
from app.runtime.clock import Clock
from capture.audio.rings import Sound

_LOG = logging.getLogger(__name__)

_WAKE_S = 0.1
_LIVE_WAKE_S = 0.5
"""On air: what is done at one go is done in warm caches, which halves its cost beside an encoder."""
_MOST_PICTURES = 32
"""Half a second at the highest rate."""
_MOST_BLOCKS = 50
LOOK_S = {MeterRate.LIVE: 4.0, MeterRate.PREFLIGHT: 0.3}
SPELL_S = 1.6
"""On air only so much before a look is fed to the picture's meter: rate, jitter and flicker are of that spell."""
FACE_S = {MeterRate.LIVE: 8.0, MeterRate.PREFLIGHT: 0.3}
"""How often a face is looked for: on air nobody moves the camera every second, and it is the dearest measure."""
MUTED_LOOK_S = 1.0
"""Who talks while muted on air is to be told soon."""
_FACE_STAYS_S = 17.0
"""How long an answer counts: a finder that hangs or starts anew must not freeze the last face."""
_JOIN_S = 2.0


class PictureLooker(Protocol):
    """capture.meters.picture.PictureMeter"""

    def feed(self, frame: av.VideoFrame, at_s: float) -> None: ...
    def look(self, faces: Sequence[FaceBox] | None) -> PictureMeasures: ...
    def small(self) -> np.ndarray | None: ...
    def reset(self) -> None: ...


class SoundListener(Protocol):
    """capture.meters.sound.SoundMeter"""

    def feed(self, raw: Sound | None, voiced: Sound) -> None: ...
    def look(self) -> SoundMeasures: ...
    def note_lost(self, blocks: int) -> None: ...
    def set_sparse(self, is_sparse: bool) -> None: ...
    def reset(self) -> None: ...


class Faces(Protocol):
    """capture.meters.faces.FaceProcess"""

    def start(self) -> None: ...
    def offer(self, rgb: np.ndarray) -> bool: ...
    def latest(self) -> tuple[float, tuple[FaceBox, ...]] | None: ...
    def close(self) -> None: ...


class Metering:
    """``start`` and ``close`` once; the setters from the control thread, the offers from compositor and mixer."""

    def __init__(
        self,
        clock: Clock,
        emit: Callable[[QualityMeasured], object],
        picture: PictureLooker,
        sound: SoundListener,
        faces: Faces,
    ) -> None:
        """``emit`` is called in the meter's thread and must not block."""
        self._clock, self._emit = clock, emit
        self._picture, self._sound, self._faces = picture, sound, faces
        self._stop = threading.Event()
        self._pictures: deque[tuple[av.VideoFrame, float]] = deque(maxlen=_MOST_PICTURES)
        self._blocks: deque[tuple[Sound | None, Sound]] = deque(maxlen=_MOST_BLOCKS)
        self._lock = threading.Lock()
        # Under the lock:
        self._wished = MeterRate.OFF
        self._is_publishing = False
        self._has_picture = self._has_sound = False
        self._is_muted = False
        self._resets_picture = self._resets_sound = False
        self._lost_blocks = 0
        # The thread's own:
        self._looked_s = self._offered_s = self._pictured_s = float("-inf")
        self._picture_found: PictureMeasures | None = None
        self._are_faces_started = False
        self._thread = threading.Thread(target=self._run, name="meter", daemon=True)

    def start(self) -> None:
        """Begin; measures nothing before a rate is set."""
        self._thread.start()

    def close(self) -> None:
        """End and join; the finder of faces ends too."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)
        self._faces.close()

    @property
    def rate(self) -> MeterRate:
        """What is measured now: never less than LIVE while publishing. Any thread."""
        with self._lock:
            is_idle = self._wished is MeterRate.OFF and self._is_publishing
            return MeterRate.LIVE if is_idle else self._wished

    def set_rate(self, rate: MeterRate) -> None:
        """What the window wishes."""
        with self._lock:
            self._wished = rate

    def set_publishing(self, is_publishing: bool) -> None:
        """Whether viewers see and hear it."""
        with self._lock:
            self._is_publishing = is_publishing

    def set_muted(self, is_muted: bool) -> None:
        """Told with each measurement."""
        with self._lock:
            self._is_muted = is_muted

    def set_picture(self, is_measured: bool) -> None:
        """Another source, or none that is worth measuring; begins anew."""
        with self._lock:
            self._has_picture, self._resets_picture = is_measured, True
        self._pictures.clear()

    def set_sound(self, is_measured: bool) -> None:
        """Likewise for the sound."""
        with self._lock:
            self._has_sound, self._resets_sound, self._lost_blocks = is_measured, True, 0
        self._blocks.clear()

    def forget(self, *, is_picture: bool = True, is_sound: bool = True) -> None:
        """Begin anew with the same sources."""
        with self._lock:
            self._resets_picture |= is_picture
            self._resets_sound |= is_sound
            if is_sound:
                self._lost_blocks = 0
        if is_picture:
            self._pictures.clear()
        if is_sound:
            self._blocks.clear()

    def offer_picture(self, frame: av.VideoFrame, at_s: float) -> None:
        """A picture of the source as it will be encoded. Compositor's thread."""
        if self._has_picture and self.rate is not MeterRate.OFF:
            self._pictures.append((frame, at_s))

    def offer_sound(self, raw: Sound | None, voiced: Sound) -> None:
        """A block of 20 ms. Mixer's thread."""
        if self._has_sound and self.rate is not MeterRate.OFF:
            self._blocks.append((raw, voiced))

    def note_lost(self, blocks: int) -> None:
        """Blocks of 20 ms that the mixer could not make."""
        with self._lock:
            self._lost_blocks += blocks

    def _run(self) -> None:
        while not self._clock.wait(self._stop, _WAKE_S if self.rate is MeterRate.PREFLIGHT else _LIVE_WAKE_S):
            try:
                self.step()
            except Exception:
                # A measurement that fails costs a measurement.
                _LOG.exception("measuring failed")

    def step(self) -> None:
        """Feed what came, and look when it is time."""
        rate = self.rate
        if rate is MeterRate.OFF:
            self._pictures.clear()
            self._blocks.clear()
            return
        with self._lock:
            has_picture, has_sound, is_muted = self._has_picture, self._has_sound, self._is_muted
            resets_picture, resets_sound = self._resets_picture, self._resets_sound
            lost_blocks, self._lost_blocks = self._lost_blocks, 0
            self._resets_picture = self._resets_sound = False
        now_s = self._clock.monotonic_s()
        if resets_picture:
            self._picture.reset()
            self._picture_found = None
            # another source is looked at after one spell, not after what is left of the old one's rest
            self._pictured_s = min(self._pictured_s, now_s - LOOK_S[rate] + SPELL_S)
            self._looked_s = min(self._looked_s, self._pictured_s)
        if resets_sound:
            self._sound.reset()
        self._sound.set_sparse(rate is MeterRate.LIVE)
        if rate is MeterRate.LIVE and now_s - self._pictured_s < LOOK_S[rate] - SPELL_S:
            self._pictures.clear()
        while self._pictures:
            self._picture.feed(*self._pictures.popleft())
        while self._blocks:
            self._sound.feed(*self._blocks.popleft())
        if lost_blocks and has_sound:
            self._sound.note_lost(lost_blocks)
        if has_picture:
            self._offer_face(rate, now_s)
        look_s = min(LOOK_S[rate], MUTED_LOOK_S) if is_muted else LOOK_S[rate]
        if now_s - self._looked_s < look_s - _WAKE_S / 2:
            return
        self._looked_s = now_s
        if not has_picture:
            self._picture_found = None
        elif self._picture_found is None or now_s - self._pictured_s >= LOOK_S[rate] - _WAKE_S / 2:
            self._pictured_s = now_s
            self._picture_found = self._picture.look(self._faces_now(now_s))
        self._emit(
            QualityMeasured(
                picture=self._picture_found,
                sound=self._sound.look() if has_sound else None,
                is_muted=is_muted,
            )
        )

    def _offer_face(self, rate: MeterRate, now_s: float) -> None:
        if now_s - self._offered_s < FACE_S[rate] - _WAKE_S / 2:
            return
        small = self._picture.small()
        if small is None:
            return
        if not self._are_faces_started:
            self._are_faces_started = True
            self._faces.start()
        if self._faces.offer(small):
            self._offered_s = now_s

    def _faces_now(self, now_s: float) -> tuple[FaceBox, ...] | None:
        latest = self._faces.latest()
        if latest is None or now_s - latest[0] > _FACE_STAYS_S:
            return None
        return latest[1]
