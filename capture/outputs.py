"""Where the programme goes: publishers and the recording, fed by one encoding that runs while any of them does.

Control thread, unless a docstring says otherwise. A hardware encoder that gives up is replaced by libx264: the
publishers connect again with the new headers, the recording goes on in a new file. When no encoder is left, targets are
told as refused and the recording as failed (``encoder_failed``).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

import av

from app.errors import AppError, BugError, InputError
from app.ports.engine import (
    Output,
    PublishChanged,
    PublishStatus,
    RecordChanged,
    RecordStatus,
    StartRecording,
    Target,
)
from app.runtime.clock import Clock
from capture.audio.rings import Sound
from capture.encode.encoding import Encoding, EncodingFigures, Sink
from capture.encode.probe import probe_encoders
from capture.encode.video import SOFTWARE, EncoderError
from capture.packets import EncodedPacket, StreamFormat
from capture.publish import Publisher, PublishFigures
from capture.publish.link import connector_for

_LOG = logging.getLogger(__name__)

AUTO = "auto"


class PublisherPart(Protocol):
    """What a publisher is here; see capture.publish.Publisher."""

    def start(self) -> None:
        """Begin to connect."""

    def offer(self, packet: EncodedPacket) -> None:
        """Take one packet."""

    def stop(self) -> None:
        """End and join."""

    def figures(self) -> PublishFigures:
        """Totals."""


class RecorderPart(Protocol):
    """What a recorder is here; see capture.record.Recorder."""

    @property
    def recorded_bytes(self) -> int:
        """Written so far."""

    @property
    def free_bytes(self) -> int:
        """Left on the disk when its thread last asked; asking here could hang with the disk."""

    def start(self) -> None:
        """Begin; raises StorageError."""

    def offer(self, packet: EncodedPacket) -> None:
        """Take one packet."""

    def stop(self) -> None:
        """End; the MP4 is made behind."""


MakePublisher = Callable[
    [Target, StreamFormat, Callable[[PublishChanged], None], Clock, Callable[[], None]], PublisherPart
]
MakeRecorder = Callable[[str, str, StreamFormat, Callable[[RecordChanged], None], Clock], RecorderPart]
MakeEncoding = Callable[[Output, str, Clock, Callable[[], None]], Encoding]


def make_publisher(
    target: Target,
    stream: StreamFormat,
    on_changed: Callable[[PublishChanged], None],
    clock: Clock,
    request_keyframe: Callable[[], None],
) -> Publisher:
    """A real one. Raises InputError for an address or a certificate file that cannot be used."""
    connect = connector_for(target.ca_file, clock)
    return Publisher(target, stream, on_changed, clock, connect, request_keyframe)


class Outputs:
    """``on_publish`` and ``on_record`` are called in any thread, ``on_encoder_failed`` in the encoding's threads.

    ``telling`` is held from a change of state until it was told: who holds it sees what was told last, and nothing is
    told meanwhile.
    """

    def __init__(
        self,
        clock: Clock,
        on_publish: Callable[[PublishChanged], object],
        on_record: Callable[[RecordChanged], None],
        on_encoder_failed: Callable[[], None],
        make_recorder: MakeRecorder,
        make_publisher: MakePublisher = make_publisher,
        make_encoding: MakeEncoding = Encoding,
        telling: threading.RLock | None = None,
    ) -> None:
        self._clock = clock
        self._on_publish, self._on_record = on_publish, on_record
        self._on_encoder_failed = on_encoder_failed
        self._make_recorder, self._make_publisher, self._make_encoding = make_recorder, make_publisher, make_encoding
        self._auto: str | None = None
        self._must_be_software = False
        self._output = Output()
        self._publishers: dict[str, PublisherPart] = {}
        self._targets: tuple[Target, ...] = ()
        self._recorder: RecorderPart | None = None
        self._recording: StartRecording | None = None
        self._publishings = self._recordings = 0
        # Replaced whole; the compositor's and the mixer's thread read it.
        self._encoding: Encoding | None = None
        self._telling = telling or threading.RLock()
        # Under it:
        self._publish: dict[str, PublishChanged] = {}
        self._record = RecordChanged(status=RecordStatus.IDLE)

    # ---- any thread ---------------------------------------------------------------------------------

    def offer_picture(self, slot: int, frame: av.VideoFrame) -> None:
        """Compositor's thread."""
        encoding = self._encoding
        if encoding is not None:
            encoding.offer_picture(slot, frame)

    def offer_sound(self, at: int, sound: Sound) -> None:
        """Mixer's thread."""
        encoding = self._encoding
        if encoding is not None:
            encoding.offer_sound(at, sound)

    @property
    def publish_states(self) -> tuple[PublishChanged, ...]:
        """What each target last said."""
        with self._telling:
            return tuple(self._publish.values())

    @property
    def record_state(self) -> RecordChanged:
        """What the recorder last said."""
        with self._telling:
            return self._record

    @property
    def is_publishing(self) -> bool:
        """Whether any publisher is there that has not given up."""
        return any(
            state.status not in (PublishStatus.IDLE, PublishStatus.REFUSED) for state in self.publish_states
        )  # fmt: skip

    @property
    def is_on(self) -> bool:
        """Whether the programme goes anywhere: is published, or recorded."""
        return self.is_publishing or self.record_state.status is RecordStatus.RECORDING

    # ---- control thread -----------------------------------------------------------------------------

    @property
    def is_busy(self) -> bool:
        """Whether the format may not change."""
        return self._encoding is not None

    @property
    def encoder(self) -> str:
        """The encoder at work; empty when none is."""
        return self._encoding.encoder if self._encoding is not None else ""

    @property
    def recorded_bytes(self) -> int:
        """Size of the recording, 0 without one."""
        return self._recorder.recorded_bytes if self._recorder is not None else 0

    @property
    def free_disk_bytes(self) -> int:
        """What the recorder last found free; 0 without one."""
        return self._recorder.free_bytes if self._recorder is not None else 0

    def figures(self) -> tuple[EncodingFigures, list[PublishFigures]]:
        """Of the encoding and of each publisher."""
        encoding = self._encoding.figures() if self._encoding is not None else EncodingFigures()
        return encoding, [publisher.figures() for publisher in self._publishers.values()]

    def set_output(self, output: Output) -> None:
        """The format; while busy nothing but ``video_kbps`` differs."""
        if self._encoding is not None and output.video_kbps != self._output.video_kbps:
            self._encoding.set_bitrate(output.video_kbps)
        self._output = output

    def start_publish(self, targets: tuple[Target, ...]) -> None:
        """Publish to these, and to no others from now on. Raises AppError; then nothing is published."""
        if len({target.name for target in targets}) < len(targets):
            raise InputError
        self.stop_publish()
        number = self._publishings

        def on_changed(changed: PublishChanged) -> None:
            # One that could not end in time has nothing to say while the next one runs.
            if number == self._publishings:
                self._publish_changed(changed)

        try:
            encoding = self._ensure_encoding()
            for target in targets:
                self._publishers[target.name] = self._make_publisher(
                    target, encoding.stream, on_changed, self._clock, encoding.request_keyframe
                )
            for publisher in self._publishers.values():
                publisher.start()
                encoding.add(publisher.offer)
        except Exception:
            self.stop_publish()
            raise
        self._targets = targets

    def stop_publish(self) -> None:
        """Say goodbye to all; harmless without any."""
        publishers, self._publishers, self._targets = self._publishers, {}, ()
        for publisher in publishers.values():
            self._remove(publisher.offer)
            publisher.stop()
        for state in self.publish_states:
            # After a refusal, or one that could not end in time, the publisher has nothing more to say.
            if state.status is not PublishStatus.IDLE:
                self._publish_changed(PublishChanged(target=state.target, status=PublishStatus.IDLE))
        self._publishings += 1
        self._release()

    def start_recording(self, wanted: StartRecording) -> None:
        """Record from the next key frame on. Raises AppError."""
        if self._recorder is not None and self.record_state.status is RecordStatus.RECORDING:
            return
        self.stop_recording()
        self._recordings += 1
        number = self._recordings

        def on_changed(changed: RecordChanged) -> None:
            # One that still makes its MP4 has nothing to say while the next one runs.
            if number == self._recordings:
                self._record_changed(changed)

        try:
            encoding = self._ensure_encoding()
            recorder = self._make_recorder(wanted.directory, wanted.name, encoding.stream, on_changed, self._clock)
            recorder.start()
            encoding.add(recorder.offer)
        except Exception:
            self._release()
            raise
        self._recorder, self._recording = recorder, wanted

    def stop_recording(self) -> None:
        """Finish the file; harmless without one."""
        recorder, self._recorder, self._recording = self._recorder, None, None
        if recorder is not None:
            self._remove(recorder.offer)
            recorder.stop()
        self._release()

    def drop_failed_recording(self) -> None:
        """A recorder that gave up needs no packets any more."""
        if self._recorder is not None and self.record_state.status is RecordStatus.FAILED:
            self.stop_recording()

    def replace_encoder(self) -> None:
        """After ``on_encoder_failed``: all goes on with libx264, or is told as ended when that is what failed."""
        if self._encoding is None or not self._encoding.has_failed:
            # Everything was stopped, and perhaps started anew, before this was called.
            return
        targets, recording = self._targets, self._recording
        is_last = self.encoder == SOFTWARE
        self.stop_recording()
        self.stop_publish()
        self._must_be_software = True
        if targets:
            self._go_on(lambda: self.start_publish(targets), is_last, lambda code: self._refuse(targets, code))
        if recording is not None:
            self._go_on(lambda: self.start_recording(recording), is_last, self._fail_recording)

    def _go_on(self, start: Callable[[], None], is_last: bool, tell: Callable[[str], None]) -> None:
        try:
            if is_last:
                raise EncoderError
            start()
        except Exception as error:
            _LOG.exception("not gone on with after an encoder failed")
            tell(error.code if isinstance(error, AppError) else BugError.default_code)

    def _refuse(self, targets: tuple[Target, ...], code: str) -> None:
        for target in targets:
            self._publish_changed(PublishChanged(target=target.name, status=PublishStatus.REFUSED, code=code))

    def _fail_recording(self, code: str) -> None:
        # What was recorded so far still becomes an MP4; its end is not told any more.
        self._recordings += 1
        self._record_changed(RecordChanged(status=RecordStatus.FAILED, code=code))

    def close(self) -> None:
        """End everything."""
        self.stop_publish()
        self.stop_recording()

    @property
    def known_encoder(self) -> str:
        """What "auto" turned out to be by trial, empty before it was needed. Any thread."""
        return self._auto or ""

    def _ensure_encoding(self) -> Encoding:
        if self._encoding is None:
            encoding = self._open_encoding()
            encoding.start()
            self._encoding = encoding
        return self._encoding

    def _open_encoding(self) -> Encoding:
        name = self._chosen()
        try:
            return self._make_encoding(self._output, name, self._clock, self._on_encoder_failed)
        except EncoderError:
            if name == SOFTWARE:
                raise
            _LOG.warning("encoder %s cannot be opened any more; libx264 takes its place", name)
            return self._make_encoding(self._output, SOFTWARE, self._clock, self._on_encoder_failed)

    def _chosen(self) -> str:
        if self._must_be_software:
            return SOFTWARE
        if self._output.encoder != AUTO:
            return self._output.encoder
        if self._auto is None:
            self._auto = probe_encoders(self._output)[0]
        return self._auto

    def _remove(self, sink: Sink) -> None:
        if self._encoding is not None:
            self._encoding.remove(sink)

    def _release(self) -> None:
        if self._encoding is not None and not self._publishers and self._recorder is None:
            encoding, self._encoding = self._encoding, None
            encoding.stop()

    def _publish_changed(self, changed: PublishChanged) -> None:
        with self._telling:
            if self._publish.get(changed.target) == changed:
                return
            self._publish[changed.target] = changed
            self._on_publish(changed)

    def _record_changed(self, changed: RecordChanged) -> None:
        with self._telling:
            self._record = changed
            self._on_record(changed)
