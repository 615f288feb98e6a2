"""Scales the programme to the size the window asked for and puts it, with the levels, into shared memory.

Its own thread; the newest picture wins. swscale goes from I420 to BGRA of that size in one step (0.6 ms).
"""

from __future__ import annotations

import logging
import threading

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from app.ports.engine import PreviewReady
from app.runtime.clock import Clock
from app.runtime.shared_frames import FrameWriter, Levels, SharedFramesError

_LOG = logging.getLogger(__name__)
_JOIN_S = 2.0
_MOST_PX = 8192


class Preview:
    """Owner of the shared segment. ``resize`` in the control thread, ``offer`` and ``levels`` in their threads."""

    def __init__(self, shared_name: str, clock: Clock) -> None:
        self._prefix = shared_name
        self._clock = clock
        self._condition = threading.Condition()
        self._writer_lock = threading.Lock()
        self._writer: FrameWriter | None = None
        self._is_mirrored = True
        self._made = 0
        self._newest: av.VideoFrame | None = None
        self._is_closing = False
        self._scaler = VideoReformatter()
        self._thread = threading.Thread(target=self._run, name="preview", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def ready(self) -> PreviewReady | None:
        """Where the preview lies now."""
        with self._writer_lock:
            writer = self._writer
            if writer is None:
                return None
            return PreviewReady(name=writer.name, width_px=writer.width_px, height_px=writer.height_px)

    def resize(self, width_px: int, height_px: int, is_mirrored: bool) -> PreviewReady | None:
        """A new segment when the size differs; none for 0 × 0, or when memory does not suffice. At most 8192 px."""
        width_px, height_px = min(width_px, _MOST_PX), min(height_px, _MOST_PX)
        with self._writer_lock:
            self._is_mirrored = is_mirrored
            old = self._writer
            if old is not None and (old.width_px, old.height_px) == (width_px, height_px):
                return PreviewReady(name=old.name, width_px=width_px, height_px=height_px)
            self._writer = None
            if old is not None:
                old.close()
            if width_px > 0 and height_px > 0:
                self._made += 1
                try:
                    self._writer = FrameWriter(f"{self._prefix}-{self._made}", width_px, height_px)
                except SharedFramesError as error:
                    _LOG.error("no preview: %s", error)
        return self.ready

    def offer(self, frame: av.VideoFrame) -> None:
        """The newest picture; one that was not taken yet is replaced."""
        with self._condition:
            self._newest = frame
            self._condition.notify()

    def levels(self, levels: Levels) -> None:
        """Write the levels beside the picture."""
        with self._writer_lock:
            if self._writer is not None:
                self._writer.levels(levels)

    def close(self) -> None:
        """End, join, remove the segment."""
        with self._condition:
            self._is_closing = True
            self._condition.notify()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)
        self.resize(0, 0, True)

    def _run(self) -> None:
        while True:
            with self._condition:
                while self._newest is None and not self._is_closing:
                    self._condition.wait()
                if self._is_closing:
                    return
                frame, self._newest = self._newest, None
            if frame is not None:
                self._write_or_note(frame)

    def _write_or_note(self, frame: av.VideoFrame) -> None:
        try:
            self._write(frame)
        except Exception:
            # Whatever it was, it costs one picture of the preview, never all that follow.
            _LOG.exception("a picture of the preview is missing")

    def _write(self, frame: av.VideoFrame) -> None:
        ready = self.ready
        if ready is None:
            return
        scaled = self._scaler.reformat(
            frame,
            ready.width_px,
            ready.height_px,
            "bgra",
            src_colorspace=Colorspace.ITU709,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.BILINEAR,
            threads=1,
        )
        plane = scaled.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        pixels = rows[: ready.height_px, : ready.width_px * 4].reshape(ready.height_px, ready.width_px, 4)
        with self._writer_lock:
            writer = self._writer
            if writer is None or writer.name != ready.name:
                return
            slot = writer.slot()
            target = np.frombuffer(slot, np.uint8).reshape(pixels.shape)
            if self._is_mirrored:
                cv2.flip(pixels, 1, target)
            else:
                np.copyto(target, pixels)
            # The segment cannot be unmapped while a view of it lives.
            del target
            slot.release()
            writer.publish(int(self._clock.monotonic_s() * 1_000_000))
