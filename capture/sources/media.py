"""A media file that plays in a loop, paced by the programme's clock; its pictures and its sound from one thread.

Sound is decoded as soon as it is read, half a second ahead. Pictures are decoded in what time is left: a file that is
too heavy for the machine loses pictures up to a key frame, never its sound. Who wants only one of the two pays only
for that. Where things lie in the programme: capture.sources.placing.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.resampler import AudioResampler

from app.ports.engine import SourceStatus
from app.runtime.clock import Clock
from capture.audio.rings import Sound, TimedRing
from capture.convert import Converter
from capture.frames import PictureFormat
from capture.programme import SAMPLE_RATE_HZ, ProgrammeTime
from capture.sources.base import JOIN_S, Report, SourceState
from capture.sources.placing import Placing, Span, first_s

_LOG = logging.getLogger(__name__)

_AHEAD_MOST_S = 0.5
_AHEAD_LEAST_S = 0.25
_LEAD_S = 0.1
_RETRY_S = 2.0
_TOO_LATE_S = 1.0
_MOST_PACKETS = 1024
"""Pictures that wait to be decoded: 4 s of the fastest cameras."""
_MOST_THREADS = 4
_PIXELS_A_THREAD = 1920 * 1080 * 60
"""720p needs 6 % of a core; up to here more threads only add switching."""


class FileError(OSError):
    """Carries file_missing or file_unreadable."""


class MediaPlayer:
    """Plays one file for up to two listeners. ``want_pictures`` and ``want_sound`` say what is wanted; then ``start``.

    Reports come in the player's thread and in that of ``want_…``, one after the other.
    """

    def __init__(self, path: str, picture: PictureFormat, programme: ProgrammeTime, clock: Clock) -> None:
        self.path = path
        self._picture = picture
        self._programme = programme
        self._clock = clock
        self._stop = threading.Event()
        self._lock = threading.Lock()
        # Under the lock:
        self._frames: deque[tuple[float, av.VideoFrame]] = deque(maxlen=2 * picture.rate_fps)
        self._is_picture_new = self._is_sound_new = True
        self._ring = TimedRing()
        # Player's thread only: where a file that is opened anew for every pass goes on.
        self._joins_on_s = 0.0
        # Whoever changes what is said says it before the next one can.
        self._telling = threading.RLock()
        self._picture_report: Report | None = None
        self._sound_report: Report | None = None
        self._state = SourceState(SourceStatus.STARTING)
        self._unreadable: frozenset[bool] = frozenset()
        self._thread = threading.Thread(target=self._run, name="source-media", daemon=True)

    def start(self) -> None:
        """Begin to play; harmless when it plays already."""
        if self._thread.ident is None:
            self._thread.start()

    def want_pictures(self, report: Report | None) -> None:
        """Begin (or with None end) to decode pictures; ``report`` hears how it goes."""
        with self._lock:
            self._is_picture_new = True
            self._frames.clear()
        with self._telling:
            self._picture_report = report
            if report is not None:
                report(self._told(is_video=True))

    def want_sound(self, report: Report | None) -> None:
        """The same for sound."""
        with self._lock:
            self._is_sound_new = True
        self._ring.clear()
        with self._telling:
            self._sound_report = report
            if report is not None:
                report(self._told(is_video=False))

    @property
    def is_wanted(self) -> bool:
        """Whether anyone still listens."""
        return self._picture_report is not None or self._sound_report is not None

    def frame_at(self, time_s: float) -> av.VideoFrame | None:
        """The picture nearest to a moment; the last one stays until the next comes."""
        latest_s = time_s + 0.5 / self._programme.rate_fps + 1e-6
        with self._lock:
            while len(self._frames) > 1 and self._frames[1][0] <= latest_s:
                self._frames.popleft()
            if self._frames and self._frames[0][0] <= latest_s:
                return self._frames[0][1]
        return None

    def sound_at(self, at: int, count: int) -> Sound:
        """The sound that belongs to samples of the programme."""
        return self._ring.read(at, count)

    def close(self) -> None:
        """End and join."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)

    # ---- the player's thread ------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                is_good = self._play_or_tell()
            except Exception:
                # An unforeseen failure is no reason for a picture that stands still for ever.
                _LOG.exception("the media player failed")
                is_good = False
            if not is_good:
                self._clock.wait(self._stop, _RETRY_S)

    def _play_or_tell(self) -> bool:
        name = Path(self.path).name
        try:
            if not Path(self.path).is_file():
                raise FileError("file_missing")
            with av.open(self.path) as container:
                self._loop(container, name)
                return True
        except FileError as error:
            self._tell(SourceState(SourceStatus.FAILED, str(error), name))
        except Exception as cause:
            _LOG.info("media file cannot be played", exc_info=cause)
            self._tell(SourceState(SourceStatus.FAILED, "file_unreadable", name))
        return False

    def _loop(self, container: av.container.InputContainer, name: str) -> None:
        """Over and over, until it has to be opened anew."""
        reel = _Reel(container, self._picture)
        absent = frozenset(is_video for is_video, has in ((True, reel.video), (False, reel.audio)) if has is None)
        wanted = {is_video for is_video in (True, False) if self._report(is_video) is not None}
        if len(absent) == 2 or (wanted and wanted <= absent):
            raise FileError("file_unreadable")
        self._tell(SourceState(SourceStatus.LIVE, "", name, *reel.size_px), absent)
        origin_s = max(self._joins_on_s, self._programme.next_slot_s(self._clock.monotonic_s() + _LEAD_S))
        while not self._stop.is_set():
            placing = Placing(self._programme, origin_s, reel.start_s)
            self._pass(reel, placing)
            if self._stop.is_set():
                return
            if placing.is_worthless:
                raise FileError("file_unreadable")
            self._tell(self._state, absent | placing.broken)
            now_s = self._clock.monotonic_s()
            origin_s = placing.next_origin_s()
            if origin_s < now_s - _TOO_LATE_S:
                origin_s = self._programme.next_slot_s(now_s + _LEAD_S)
            if not reel.rewind():
                self._joins_on_s = origin_s
                return

    def _pass(self, reel: _Reel, placing: Placing) -> None:
        """Once through the file. Reading goes before decoding pictures, so that sound is never late for them."""
        packets = reel.packets()
        waiting: deque[tuple[float, av.Packet[Any]]] = deque()
        at_s, is_over = 0.0, False
        while not self._stop.is_set():
            now_s = self._clock.monotonic_s()
            ahead_s = placing.origin_s + at_s - now_s
            if not is_over and ahead_s < _AHEAD_MOST_S and len(waiting) < _MOST_PACKETS:
                if ahead_s < -_TOO_LATE_S:
                    # The machine slept, or the disk: what was missed is not made up for.
                    placing.shift(now_s + _LEAD_S, at_s)
                packet = next(packets, None)
                if packet is None:
                    is_over = True
                elif packet.stream is reel.video:
                    if packet.size:
                        at_s = max(at_s, placing.passed(True, Span.of(packet, reel.picture_s)))
                    waiting.append((at_s, packet))
                else:
                    at_s = max(at_s, self._take_sound(reel, placing, packet))
            elif waiting:
                if placing.origin_s + waiting[0][0] < now_s - _TOO_LATE_S:
                    _skip_to_key(waiting)
                    reel.restart_pictures()
                if waiting:
                    self._take_picture(reel, placing, *waiting.popleft())
            elif is_over:
                return
            else:
                # Filling in gusts wakes this thread four times a second instead of at every packet.
                self._clock.wait(self._stop, ahead_s - _AHEAD_LEAST_S)

    def _take_picture(self, reel: _Reel, placing: Placing, at_s: float, packet: av.Packet[Any]) -> None:
        with self._lock:
            is_new, self._is_picture_new = self._is_picture_new, False
        if is_new:
            reel.restart_pictures()
            placing.restart_pictures()
        if self._picture_report is None:
            return
        if packet.size:
            placing.tried(True)
        if not reel.is_decodable(packet):
            return
        for frame in reel.decode(packet):
            if not isinstance(frame, av.VideoFrame):
                continue
            moment_s = placing.picture_s(frame.time, at_s)
            if moment_s is None:
                continue
            fitted = reel.converter.from_frame(frame, turn_degrees=frame.rotation, pixel_ratio=reel.pixel_ratio)
            with self._lock:
                if not self._is_picture_new:
                    self._frames.append((moment_s, fitted))

    def _take_sound(self, reel: _Reel, placing: Placing, packet: av.Packet[Any]) -> float:
        with self._lock:
            is_new, self._is_sound_new = self._is_sound_new, False
        if is_new:
            reel.restart_sound()
            placing.restart_sound()
        if self._sound_report is not None:
            if packet.size:
                placing.tried(False)
            for frame in reel.decode(packet):
                if isinstance(frame, av.AudioFrame):
                    self._place_sound(reel, placing, frame)
        return placing.passed(False, Span.of(packet, 0.0)) if packet.size else 0.0

    def _place_sound(self, reel: _Reel, placing: Placing, frame: av.AudioFrame) -> None:
        time_s = frame.time
        for part in reel.resample(frame):
            self._ring.write(placing.sample(time_s, part.shape[1]), part)
            time_s = None

    # ---- reports ------------------------------------------------------------------------------------

    def _told(self, is_video: bool) -> SourceState:
        state = self._state
        if state.status is SourceStatus.LIVE and is_video in self._unreadable:
            return SourceState(SourceStatus.FAILED, "file_unreadable", state.name)
        return state

    def _report(self, is_video: bool) -> Report | None:
        return self._picture_report if is_video else self._sound_report

    def _tell(self, state: SourceState, unreadable: frozenset[bool] = frozenset()) -> None:
        with self._telling:
            if (state, unreadable) == (self._state, self._unreadable):
                return
            self._state, self._unreadable = state, unreadable
            for is_video in (True, False):
                report = self._report(is_video)
                if report is not None:
                    report(self._told(is_video))


class _Reel:
    """An opened file and its decoders."""

    def __init__(self, container: av.container.InputContainer, picture: PictureFormat) -> None:
        self._container = container
        self.video = container.streams.video[0] if container.streams.video else None
        self.audio = container.streams.audio[0] if container.streams.audio else None
        self._streams = [stream for stream in (self.video, self.audio) if stream is not None]
        self.start_s = first_s(self._streams, container.start_time)
        self.size_px, self.picture_s, self.pixel_ratio = (0, 0), 1 / picture.rate_fps, 1.0
        if self.video is not None:
            context, rate = self.video.codec_context, self.video.guessed_rate or self.video.average_rate
            self.size_px = (context.width, context.height)
            self.picture_s = float(1 / rate) if rate else self.picture_s
            self.pixel_ratio = float(self.video.sample_aspect_ratio or 1)
            context.thread_count = decoder_threads(*self.size_px, 1 / self.picture_s, os.cpu_count() or 1)
            if context.thread_count > 1:
                context.thread_type = "AUTO"
        self.converter = Converter(picture)
        self._resampler = _resampler()
        self._awaits_keyframe = True
        self._has_warned = False

    def packets(self) -> Iterator[av.Packet[Any]]:
        """Those of one pass, and at its end an empty one of each stream. A file that is torn ends where it is torn."""
        has_any = False
        try:
            for packet in self._container.demux(self._streams):
                has_any = True
                yield packet
        except (av.FFmpegError, OSError):
            if not has_any:
                raise
            self._warn("a media file cannot be read to its end")

    def rewind(self) -> bool:
        """To the beginning; the decoders forget what they hold. False for what must be opened anew, as raw streams."""
        self._resampler = _resampler()
        try:
            self._container.seek(0)
        except (av.FFmpegError, OSError):
            return False
        return True

    def is_decodable(self, packet: av.Packet[Any]) -> bool:
        """Decoding that begins inside a group of pictures would show rubbish."""
        if self._awaits_keyframe and packet.size:
            self._awaits_keyframe = not packet.is_keyframe
        return not self._awaits_keyframe

    def decode(self, packet: av.Packet[Any]) -> list[Any]:
        """What a packet holds; nothing when it is damaged."""
        try:
            return list(packet.decode())
        except (av.FFmpegError, ValueError):
            self._warn("a packet of a media file cannot be decoded")
            return []

    def restart_pictures(self) -> None:
        """From the next key frame on."""
        self._awaits_keyframe = True
        if self.video is not None:
            self.video.codec_context.flush_buffers()

    def restart_sound(self) -> None:
        """The next packet does not follow the last one."""
        self._resampler = _resampler()
        if self.audio is not None:
            self.audio.codec_context.flush_buffers()

    def resample(self, frame: av.AudioFrame) -> Iterator[Sound]:
        """The frame at 48 kHz stereo."""
        try:
            parts = self._resampler.resample(frame)
        except ValueError:
            # Its format changed in the middle of the file.
            self._resampler = _resampler()
            parts = self._resampler.resample(frame)
        for part in parts:
            yield np.asarray(part.to_ndarray(), np.float32)

    def _warn(self, text: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            _LOG.warning(text, exc_info=True)


def decoder_threads(width_px: int, height_px: int, rate_fps: float, cores: int) -> int:
    """How many threads decode a file."""
    needed = width_px * height_px * rate_fps / _PIXELS_A_THREAD
    return 1 if needed <= 1 else max(1, min(cores, _MOST_THREADS))


def _resampler() -> AudioResampler:
    return AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE_HZ)


def _skip_to_key(waiting: deque[tuple[float, av.Packet[Any]]]) -> None:
    """Leave out what waits before the last key frame among it; everything when there is none."""
    waiting.popleft()
    newest = max((index for index, (_, packet) in enumerate(waiting) if packet.size and packet.is_keyframe), default=-1)
    for _ in range(len(waiting) if newest < 0 else newest):
        waiting.popleft()
