"""Fakes of what Outputs drives, and a rig of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from app.errors import InputError, StorageError
from app.ports.engine import (
    Output,
    PublishChanged,
    PublishStatus,
    RecordChanged,
    RecordStatus,
    Target,
)
from app.runtime.clock import Clock, ManualClock
from capture.encode.encoding import Encoding, EncodingFigures, Sink
from capture.encode.video import EncoderError
from capture.outputs import Outputs
from capture.packets import EncodedPacket, StreamFormat
from capture.publish import PublishFigures

STREAM = StreamFormat(640, 360, 30, 1000, 128, 48_000)
KEY = EncodedPacket("video", 0, 0, True, b"k")


class FakeEncoding:
    def __init__(self, output: Output, encoder: str, clock: Clock, on_failed: Callable[[], None]) -> None:
        self.output, self.encoder, self.on_failed = output, encoder, on_failed
        self.stream = STREAM
        self.sinks: list[Sink] = []
        self.is_running = self.has_failed = False
        self.video_kbps = output.video_kbps

    def fail(self) -> None:
        self.has_failed = True
        self.on_failed()

    def start(self) -> None:
        self.is_running = True

    def stop(self) -> None:
        self.is_running = False

    def add(self, sink: Sink) -> None:
        self.sinks.append(sink)

    def remove(self, sink: Sink) -> None:
        self.sinks = [other for other in self.sinks if other != sink]

    def request_keyframe(self) -> None:
        """Nothing is encoded here."""

    def set_bitrate(self, video_kbps: int) -> None:
        self.video_kbps = video_kbps

    def figures(self) -> EncodingFigures:
        return EncodingFigures()


class FakePublisher:
    def __init__(
        self, target: Target, stream: StreamFormat, on_changed: Callable[[PublishChanged], None], *_: Any
    ) -> None:
        if target.url == "nonsense":
            raise InputError("ingest_address_invalid")
        self.target, self.on_changed = target, on_changed
        self.packets: list[EncodedPacket] = []
        self.is_running = self.is_stopped = False

    def say(self, status: PublishStatus) -> None:
        self.on_changed(PublishChanged(target=self.target.name, status=status))

    def start(self) -> None:
        self.is_running = True
        self.say(PublishStatus.CONNECTING)

    def offer(self, packet: EncodedPacket) -> None:
        self.packets.append(packet)

    def stop(self) -> None:
        self.is_stopped = True
        if self.is_running:
            self.is_running = False
            self.say(PublishStatus.IDLE)

    def figures(self) -> PublishFigures:
        return PublishFigures(frames_sent=len(self.packets))


class FakeRecorder:
    missing = {"missing"}

    def __init__(
        self, directory: str, name: str, stream: StreamFormat, on_changed: Callable[[RecordChanged], None], clock: Clock
    ) -> None:
        self.directory, self.on_changed = directory, on_changed
        self.packets: list[EncodedPacket] = []
        self.recorded_bytes = 7
        self.free_bytes = 5_000

    def start(self) -> None:
        if self.directory in self.missing:
            raise StorageError("folder_missing")
        self.on_changed(RecordChanged(status=RecordStatus.RECORDING))

    def offer(self, packet: EncodedPacket) -> None:
        self.packets.append(packet)

    def stop(self) -> None:
        self.on_changed(RecordChanged(status=RecordStatus.IDLE))


class Rig:
    def __init__(self) -> None:
        self.encodings: list[FakeEncoding] = []
        self.publishers: list[FakePublisher] = []
        self.recorders: list[FakeRecorder] = []
        self.published: list[PublishChanged] = []
        self.recorded: list[RecordChanged] = []
        self.absent: set[str] = set()
        self.failures = 0
        self.outputs = Outputs(
            ManualClock(),
            self.published.append,
            self.recorded.append,
            self._failed,
            self._recorder,
            self._publisher,
            self._encoding,
        )

    def _failed(self) -> None:
        self.failures += 1

    def _encoding(self, output: Output, encoder: str, clock: Clock, on_failed: Callable[[], None]) -> Encoding:
        if encoder in self.absent:
            raise EncoderError
        self.encodings.append(FakeEncoding(output, encoder, clock, on_failed))
        return cast(Encoding, self.encodings[-1])

    def _publisher(self, *arguments: Any) -> FakePublisher:
        publisher = FakePublisher(*arguments)
        self.publishers.append(publisher)
        return publisher

    def _recorder(self, *arguments: Any) -> FakeRecorder:
        self.recorders.append(FakeRecorder(*arguments))
        return self.recorders[-1]

    def give(self, packet: EncodedPacket) -> None:
        for sink in self.encodings[-1].sinks:
            sink(packet)


def target(name: str = "main", url: str = "rtmp://here/live") -> Target:
    return Target(url=url, key="k", name=name)


def ready_rig() -> Rig:
    """With libx264 chosen."""
    rig = Rig()
    rig.outputs.set_output(Output(encoder="libx264"))
    return rig
