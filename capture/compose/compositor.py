"""The programme's picture, slot by slot on the monotonic clock. Its own thread.

A slot that was missed because the machine was busy is counted and left out; pts keeps the clock's pace. The
picture goes on unchanged to encoder and preview; where a counter or a question is wanted it is put into a copy.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import av

from app.ports.engine import PictureMends, SourceStatus
from app.runtime.clock import Clock, utc_ms
from capture.compose.mending import Mending
from capture.compose.question_card import QuestionCard
from capture.frames import I420, PictureFormat
from capture.programme import ProgrammeTime
from capture.sources import counter
from capture.sources.base import PictureSource
from capture.sources.card import Card, Cards

_LOG = logging.getLogger(__name__)
_JOIN_S = 2.0
_KEEP_LAST_S = 1.0
_WAKING = (SourceStatus.STARTING, SourceStatus.LIVE)
"""A file is live before its first picture is due."""

OnPicture = Callable[[int, av.VideoFrame], None]


class Compositor:
    """One programme format; made anew when that changes."""

    def __init__(self, picture: PictureFormat, programme: ProgrammeTime, clock: Clock, on_picture: OnPicture) -> None:
        self._cards = Cards(picture)
        self._programme = programme
        self._clock = clock
        self._on_picture = on_picture
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._source: PictureSource | None = None
        self._status = SourceStatus.OFF
        self._card: Card | None = None
        self._question: QuestionCard | None = None
        self._last: av.VideoFrame | None = None
        self._last_s = 0.0
        self._mending = Mending()
        self._mends = PictureMends()
        self.shows_source = False
        """Whether the picture just composed is the source's own, not a card. Compositor's thread."""
        self.bare: av.VideoFrame | None = None
        """The picture just composed as it is without a question's card. Compositor's thread."""
        self.frames = 0
        self.late_frames = 0
        self._thread = threading.Thread(target=self._run, name="compositor", daemon=True)

    def start(self) -> None:
        """Begin to compose."""
        self._thread.start()

    def set_source(self, source: PictureSource | None) -> None:
        """Replace the source from the next slot on; None is the camera-off card."""
        with self._lock:
            self._source = source
            self._status = SourceStatus.STARTING if source is not None else SourceStatus.OFF

    def set_status(self, status: SourceStatus) -> None:
        """What the source last said of itself."""
        with self._lock:
            self._status = status

    def set_card(self, card: Card | None) -> None:
        """A card instead of the picture, whatever the source does."""
        with self._lock:
            self._card = card

    def set_question(self, question: QuestionCard | None) -> None:
        """Its card lies over the picture from the next slot on."""
        with self._lock:
            self._question = question

    def set_mends(self, mends: PictureMends) -> None:
        """Correct the source's picture from the next slot on."""
        with self._lock:
            self._mends = mends

    def close(self) -> None:
        """End and join."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        slot = self._programme.slot_at(self._clock.monotonic_s()) + 1
        while not self._clock.wait(self._stop, self._programme.slot_s(slot) - self._clock.monotonic_s()):
            missed = self._programme.slot_at(self._clock.monotonic_s()) - slot
            if missed > 0:
                self.late_frames += missed
                slot += missed
            try:
                self.step(slot)
            except Exception:
                # Whatever it was, it costs a picture, never all that follow.
                _LOG.exception("a picture of the programme is missing")
            slot += 1

    def step(self, slot: int) -> None:
        """Compose one slot and hand it on."""
        try:
            frame = self.compose(slot)
        except Exception:
            # A source that fails in an unforeseen way is a source without a picture.
            _LOG.exception("composing a picture failed")
            frame = self._cards.frame(Card.BACK_SOON)
            self.shows_source = False
        self.frames += 1
        self._on_picture(slot, frame)

    def compose(self, slot: int) -> av.VideoFrame:
        """The picture of one slot."""
        time_s = self._programme.slot_s(slot)
        with self._lock:
            source, status, card, mends = self._source, self._status, self._card, self._mends
            question = self._question if card is not Card.ENDING else None
        frame = source.frame_at(time_s) if source is not None else None
        if card is not None or source is None:
            # Whoever switched the picture off does not want it back for a moment when the next source starts.
            self._last = None
        self.shows_source = card is None and frame is not None
        if card is not None:
            frame = self._cards.frame(card)
        elif frame is not None:
            self._mending.set(mends)
            frame = self._mending.apply(frame)
            self._last, self._last_s = frame, time_s
        elif source is None:
            frame = self._cards.frame(Card.CAMERA_OFF)
        elif status in _WAKING and self._last is not None and time_s - self._last_s < _KEEP_LAST_S:
            # Between two sources the old picture stays for a moment: no flash of a card.
            frame = self._last
        else:
            frame = self._cards.frame(Card.BACK_SOON)
        if source is not None and source.has_counter:
            painted = I420.copy_of(frame)
            counter.paint(painted, slot, utc_ms(self._clock.utc()))
            frame = painted.frame()
        self.bare = frame
        if question is not None:
            asked = I420.copy_of(frame)
            question.paint(asked)
            frame = asked.frame()
        return frame
