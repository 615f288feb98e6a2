"""A media file that plays in a loop, paced by the programme's clock; its pictures and its sound from one thread.

Both are placed by one origin, so they stay in step; every loop starts on a slot of the programme. Decoding runs
at most half a second ahead. Who wants only one of the two pays only for that.
"""

from __future__ import annotations

import logging
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

_LOG = logging.getLogger(__name__)

_AHEAD_MOST_S = 0.5
_AHEAD_LEAST_S = 0.25
_LEAD_S = 0.1
_RETRY_S = 2.0
_TOO_LATE_S = 1.0
_MOST_PICTURES = 64
_DECODER_THREADS = 1
"""720p needs 6 % of a core; more threads only add switching."""


class FileError(OSError):
    """Carries file_missing or file_unreadable."""


class MediaPlayer:
    """Plays one file for up to two listeners. ``picture`` and ``sound`` say what is wanted; set before ``start``."""

    def __init__(self, path: str, picture: PictureFormat, programme: ProgrammeTime, clock: Clock) -> None:
        self.path = path
        self._picture = picture
        self._programme = programme
        self._clock = clock
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._frames: deque[tuple[float, av.VideoFrame]] = deque(maxlen=_MOST_PICTURES)
        self._ring = TimedRing()
        self._picture_report: Report | None = None
        self._sound_report: Report | None = None
        self._state = SourceState(SourceStatus.STARTING)
        self._has_sound = False
        self._awaits_keyframe = True
        self._size = (0, 0)
        self._thread = threading.Thread(target=self._run, name="source-media", daemon=True)

    def start(self) -> None:
        """Begin to play; harmless when it plays already."""
        if self._thread.ident is None:
            self._thread.start()

    def want_pictures(self, report: Report | None) -> None:
        """Begin (or with None end) to decode pictures; ``report`` hears how it goes."""
        with self._lock:
            self._picture_report = report
            self._awaits_keyframe = True
            self._frames.clear()
        if report is not None:
            report(self._told(is_video=True))

    def want_sound(self, report: Report | None) -> None:
        """The same for sound."""
        with self._lock:
            self._sound_report = report
        self._ring.clear()
        if report is not None:
            report(self._told(is_video=False))

    @property
    def is_wanted(self) -> bool:
        """Whether anyone still listens."""
        with self._lock:
            return self._picture_report is not None or self._sound_report is not None

    def frame_at(self, time_s: float) -> av.VideoFrame | None:
        """The picture nearest to a moment; the last one stays until the next comes."""
        latest_s = time_s + 0.5 / self._programme.rate_fps
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

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._play()
            except FileError as error:
                self._tell(SourceState(SourceStatus.FAILED, str(error), Path(self.path).name))
                self._clock.wait(self._stop, _RETRY_S)

    def _play(self) -> None:
        if not Path(self.path).is_file():
            raise FileError("file_missing")
        try:
            with av.open(self.path) as container:
                self._loop(container)
        except (av.FFmpegError, OSError, ValueError) as cause:
            if isinstance(cause, FileError):
                raise
            _LOG.info("media file cannot be played: %s", type(cause).__name__)
            raise FileError("file_unreadable") from cause

    def _loop(self, container: av.container.InputContainer) -> None:
        video = container.streams.video[0] if container.streams.video else None
        audio = container.streams.audio[0] if container.streams.audio else None
        self._has_sound = audio is not None
        if video is None and (audio is None or self._picture_report is not None):
            raise FileError("file_unreadable")
        if video is not None:
            video.thread_count = _DECODER_THREADS
            self._size = (video.codec_context.width, video.codec_context.height)
        streams = [stream for stream in (video, audio) if stream is not None]
        name = Path(self.path).name
        self._tell(SourceState(SourceStatus.LIVE, "", name, *self._size))
        origin_s = self._programme.next_slot_s(self._clock.monotonic_s() + _LEAD_S)
        while not self._stop.is_set():
            length_s = 0.0
            run = _Run(origin_s, Converter(self._picture))
            for packet in container.demux(streams):
                if self._stop.is_set():
                    return
                is_video = packet.stream is video
                if (self._picture_report if is_video else self._sound_report) is None and packet.size:
                    length_s = max(length_s, run.skip(packet))
                    self._pace(run.origin_s + length_s)
                    continue
                if is_video and self._awaits_keyframe and packet.size:
                    # Decoding that begins inside a group of pictures would show rubbish.
                    if not packet.is_keyframe:
                        continue
                    self._awaits_keyframe = False
                for frame in packet.decode():
                    if isinstance(frame, av.VideoFrame):
                        length_s = max(length_s, self._place_picture(run, frame))
                    elif isinstance(frame, av.AudioFrame):
                        length_s = max(length_s, self._place_sound(run, frame))
                    self._pace(run.origin_s + length_s)
            if length_s <= 0:
                raise FileError("file_unreadable")
            now_s = self._clock.monotonic_s()
            origin_s = self._programme.next_slot_s(run.origin_s + length_s - 0.5 / self._programme.rate_fps)
            if origin_s < now_s - _TOO_LATE_S:
                origin_s = self._programme.next_slot_s(now_s + _LEAD_S)
            container.seek(0)

    def _pace(self, due_s: float) -> None:
        ahead_s = due_s - self._clock.monotonic_s()
        if ahead_s > _AHEAD_MOST_S:
            # Filling in gusts wakes this thread four times a second instead of at every packet.
            self._clock.wait(self._stop, ahead_s - _AHEAD_LEAST_S)

    def _place_picture(self, run: _Run, frame: av.VideoFrame) -> float:
        at_s = run.place_s(frame.time)
        fitted = run.converter.from_frame(frame)
        with self._lock:
            if self._picture_report is not None:
                self._frames.append((run.origin_s + at_s, fitted))
        return at_s + 1 / float(frame_rate(frame, self._picture.rate_fps))

    def _place_sound(self, run: _Run, frame: av.AudioFrame) -> float:
        at_s = run.place_s(frame.time)
        for part in run.sound_parts(frame):
            if run.next_sample is None:
                run.next_sample = self._programme.sample_at(run.origin_s + at_s)
            self._ring.write(run.next_sample, part)
            run.next_sample += part.shape[1]
        return at_s + frame.samples / frame.sample_rate

    def _told(self, is_video: bool) -> SourceState:
        state = self._state
        if not is_video and state.status is SourceStatus.LIVE and not self._has_sound:
            return SourceState(SourceStatus.FAILED, "file_unreadable", state.name)
        return state

    def _tell(self, state: SourceState) -> None:
        self._state = state
        for report, is_video in ((self._picture_report, True), (self._sound_report, False)):
            if report is not None:
                report(self._told(is_video))


class _Run:
    """One pass through the file."""

    def __init__(self, origin_s: float, converter: Converter) -> None:
        self.origin_s = origin_s
        self.converter = converter
        self.next_sample: int | None = None
        self._first_s: float | None = None
        self._resampler = AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE_HZ)

    def place_s(self, time_s: float | None) -> float:
        """Seconds since the start of the file's content."""
        moment_s = time_s or 0.0
        if self._first_s is None:
            self._first_s = moment_s
        return max(0.0, moment_s - self._first_s)

    def skip(self, packet: av.Packet[Any]) -> float:
        """The end of a packet that nobody wants decoded."""
        if packet.pts is None or packet.time_base is None:
            return 0.0
        return self.place_s(float((packet.pts + (packet.duration or 0)) * packet.time_base))

    def sound_parts(self, frame: av.AudioFrame) -> Iterator[Sound]:
        """The frame at 48 kHz stereo."""
        for part in self._resampler.resample(frame):
            yield np.asarray(part.to_ndarray(), np.float32)


def frame_rate(frame: av.VideoFrame, otherwise_fps: int) -> float:
    """The rate that the frame's duration tells."""
    if frame.duration and frame.time_base:
        return 1 / float(frame.duration * frame.time_base)
    return float(otherwise_fps)


class MediaPictures:
    """The pictures of a player as a PictureSource."""

    def __init__(self, player: MediaPlayer, has_counter: bool, report: Report, release: MediaShelf) -> None:
        self.has_counter = has_counter
        self._player = player
        self._report = report
        self._shelf = release

    def start(self) -> None:
        """Begin."""
        self._player.want_pictures(self._report)
        self._player.start()

    def frame_at(self, time_s: float) -> av.VideoFrame | None:
        """See PictureSource."""
        return self._player.frame_at(time_s)

    def close(self) -> None:
        """End, unless its sound is still wanted."""
        self._player.want_pictures(None)
        self._shelf.give_back(self._player)


class MediaSound:
    """The sound of a player as a SoundSource."""

    def __init__(self, player: MediaPlayer, report: Report, release: MediaShelf) -> None:
        self._player = player
        self._report = report
        self._shelf = release

    def start(self) -> None:
        """Begin."""
        self._player.want_sound(self._report)
        self._player.start()

    def read(self, at: int, count: int) -> Sound | None:
        """See SoundSource."""
        return self._player.sound_at(at, count)

    def close(self) -> None:
        """End, unless its pictures are still wanted."""
        self._player.want_sound(None)
        self._shelf.give_back(self._player)


class MediaShelf:
    """Players by path, so that the picture and the sound of one file come from one player. Control thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._players: dict[str, MediaPlayer] = {}

    def take(self, path: str, picture: PictureFormat, programme: ProgrammeTime) -> MediaPlayer:
        """The player of a file, made when there is none."""
        if path not in self._players:
            self._players[path] = MediaPlayer(path, picture, programme, self._clock)
        return self._players[path]

    def give_back(self, player: MediaPlayer) -> None:
        """End a player that nobody wants any more."""
        if not player.is_wanted:
            self._players.pop(player.path, None)
            player.close()
