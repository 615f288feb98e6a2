"""Publishers and recording over one encoding: who starts and ends it, and what happens when it gives up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

from app.errors import InputError, StorageError
from app.ports.engine import (
    Output,
    PublishChanged,
    PublishStatus,
    RecordChanged,
    RecordStatus,
    StartRecording,
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


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.outputs.set_output(Output(encoder="libx264"))
    return rig


def target(name: str = "main", url: str = "rtmp://here/live") -> Target:
    return Target(url=url, key="k", name=name)


def test_everybody_gets_the_same_packets_from_one_encoding(rig: Rig) -> None:
    rig.outputs.start_publish((target("a"), target("b")))
    rig.outputs.start_recording(StartRecording(directory="here", name="x"))
    rig.give(KEY)
    assert len(rig.encodings) == 1
    assert [publisher.packets for publisher in rig.publishers] == [[KEY], [KEY]]
    assert rig.recorders[0].packets == [KEY]


def test_the_encoding_lives_as_long_as_anybody_wants_it(rig: Rig) -> None:
    rig.outputs.start_publish((target(),))
    rig.outputs.start_recording(StartRecording(directory="here", name="x"))
    rig.outputs.stop_publish()
    assert rig.encodings[0].is_running and rig.outputs.is_busy
    rig.give(KEY)
    assert rig.recorders[0].packets == [KEY]
    assert rig.publishers[0].packets == []
    rig.outputs.stop_recording()
    assert not rig.encodings[0].is_running and not rig.outputs.is_busy


def test_a_new_start_replaces_the_publishers_without_a_new_encoding_while_recording(rig: Rig) -> None:
    rig.outputs.start_recording(StartRecording(directory="here", name="x"))
    rig.outputs.start_publish((target(),))
    rig.outputs.start_publish((target(),))
    assert [publisher.is_running for publisher in rig.publishers] == [False, True]
    assert len(rig.encodings) == 1
    assert len(rig.encodings[0].sinks) == 2


def test_an_address_that_cannot_be_used_leaves_nothing_behind(rig: Rig) -> None:
    with pytest.raises(InputError):
        rig.outputs.start_publish((target("a"), target("b", "nonsense")))
    assert not rig.outputs.is_busy
    assert not rig.encodings[0].is_running
    assert not any(publisher.is_running for publisher in rig.publishers)
    assert [publisher.is_stopped for publisher in rig.publishers] == [True]


def test_two_targets_of_one_name_are_refused_before_anything_is_stopped(rig: Rig) -> None:
    rig.outputs.start_publish((target(),))
    with pytest.raises(InputError):
        rig.outputs.start_publish((target("a"), target("a", "rtmp://there/live")))
    assert rig.publishers[0].is_running


def test_a_recording_that_cannot_begin_leaves_nothing_behind(rig: Rig) -> None:
    with pytest.raises(StorageError):
        rig.outputs.start_recording(StartRecording(directory="missing", name="x"))
    assert not rig.outputs.is_busy
    assert rig.outputs.recorded_bytes == 0


def test_a_recording_that_fails_is_dropped_and_the_broadcast_goes_on(rig: Rig) -> None:
    rig.outputs.start_publish((target(),))
    rig.outputs.start_recording(StartRecording(directory="here", name="x"))
    rig.recorders[0].on_changed(RecordChanged(status=RecordStatus.FAILED, code="disk_full"))
    rig.outputs.drop_failed_recording()
    rig.give(KEY)
    assert rig.recorders[0].packets == []
    assert rig.publishers[0].packets == [KEY]
    assert rig.publishers[0].is_running


def test_states_are_kept_for_the_snapshot_and_told_once(rig: Rig) -> None:
    rig.outputs.start_publish((target(),))
    rig.publishers[0].say(PublishStatus.ON_AIR)
    rig.publishers[0].say(PublishStatus.ON_AIR)
    assert rig.outputs.is_publishing
    assert [state.status for state in rig.outputs.publish_states] == [PublishStatus.ON_AIR]
    rig.outputs.stop_publish()
    assert [changed.status.value for changed in rig.published] == ["connecting", "on_air", "idle"]
    assert not rig.outputs.is_publishing


def test_after_a_refusal_nobody_publishes_and_stopping_makes_it_idle(rig: Rig) -> None:
    rig.outputs.start_publish((target(),))
    rig.publishers[0].say(PublishStatus.REFUSED)
    assert not rig.outputs.is_publishing
    rig.outputs.stop_publish()
    assert rig.published[-1].status is PublishStatus.IDLE


def test_the_bit_rate_reaches_the_encoder_at_work(rig: Rig) -> None:
    rig.outputs.start_publish((target(),))
    rig.outputs.set_output(Output(encoder="libx264", video_kbps=900))
    assert rig.encodings[0].video_kbps == 900


def test_an_encoder_that_is_absent_is_replaced_by_libx264(rig: Rig) -> None:
    rig.absent = {"h264_nvenc"}
    rig.outputs.set_output(Output(encoder="h264_nvenc"))
    rig.outputs.start_publish((target(),))
    assert rig.outputs.encoder == "libx264"


def test_a_hardware_encoder_that_gives_up_costs_a_reconnect_not_the_broadcast(rig: Rig) -> None:
    rig.outputs.set_output(Output(encoder="h264_nvenc"))
    rig.outputs.start_publish((target(),))
    rig.outputs.start_recording(StartRecording(directory="here", name="x"))
    rig.encodings[0].fail()
    assert rig.failures == 1
    rig.outputs.replace_encoder()
    assert rig.outputs.encoder == "libx264"
    assert [publisher.is_running for publisher in rig.publishers] == [False, True]
    assert rig.publishers[1].target == target()
    assert len(rig.recorders) == 2
    rig.outputs.close()
    rig.outputs.start_publish((target(),))
    assert rig.outputs.encoder == "libx264", "it is not trusted again"


def test_when_libx264_gives_up_that_is_told_of_every_target_and_of_the_recording(rig: Rig) -> None:
    rig.outputs.start_publish((target("a"), target("b")))
    rig.outputs.start_recording(StartRecording(directory="here", name="x"))
    rig.encodings[0].fail()
    rig.outputs.replace_encoder()
    assert not rig.outputs.is_busy and not rig.outputs.is_on
    assert {(state.target, state.status, state.code) for state in rig.outputs.publish_states} == {
        ("a", PublishStatus.REFUSED, "encoder_failed"),
        ("b", PublishStatus.REFUSED, "encoder_failed"),
    }
    assert rig.published[-1].status is PublishStatus.REFUSED
    assert (rig.recorded[-1].status, rig.recorded[-1].code) == (RecordStatus.FAILED, "encoder_failed")
    rig.recorders[0].on_changed(RecordChanged(status=RecordStatus.IDLE, path="x.mp4"))
    assert rig.recorded[-1].status is RecordStatus.FAILED, "the end of the file does not hide why"
    rig.outputs.stop_publish()
    assert {state.status for state in rig.outputs.publish_states} == {PublishStatus.IDLE}


def test_when_no_other_encoder_can_be_opened_that_is_told(rig: Rig) -> None:
    rig.outputs.set_output(Output(encoder="h264_nvenc"))
    rig.outputs.start_publish((target(),))
    rig.absent = {"libx264"}
    rig.encodings[0].fail()
    rig.outputs.replace_encoder()
    assert [(state.status, state.code) for state in rig.outputs.publish_states] == [
        (PublishStatus.REFUSED, "encoder_failed")
    ]


@pytest.mark.parametrize("fails", ["publish", "record"])
def test_after_a_change_of_encoder_either_goes_on_without_the_other(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    rig.outputs.set_output(Output(encoder="h264_nvenc"))
    rig.outputs.start_publish((target(),))
    rig.outputs.start_recording(StartRecording(directory="here", name="x"))
    rig.encodings[0].fail()
    if fails == "publish":
        monkeypatch.setattr(FakePublisher, "start", lambda self: 1 / 0)
    else:
        monkeypatch.setattr(FakeRecorder, "missing", {"here"})
    rig.outputs.replace_encoder()
    [state] = rig.outputs.publish_states
    if fails == "publish":
        assert (state.status, state.code) == (PublishStatus.REFUSED, "bug")
        assert rig.outputs.record_state.status is RecordStatus.RECORDING
        rig.give(KEY)
        assert rig.recorders[1].packets == [KEY]
    else:
        assert state.status is PublishStatus.CONNECTING
        assert (rig.recorded[-1].status, rig.recorded[-1].code) == (RecordStatus.FAILED, "folder_missing")


def test_a_failure_that_was_stopped_meanwhile_changes_nothing(rig: Rig) -> None:
    rig.outputs.start_publish((target(),))
    rig.encodings[0].fail()
    rig.outputs.stop_publish()
    rig.outputs.start_publish((target(),))
    rig.outputs.replace_encoder()
    assert rig.publishers[1].is_running and rig.outputs.encoder == "libx264"


def test_a_publisher_that_ends_too_late_does_not_speak_for_the_next(rig: Rig) -> None:
    rig.outputs.start_publish((target(),))
    rig.outputs.start_publish((target(),))
    rig.publishers[1].say(PublishStatus.ON_AIR)
    rig.publishers[0].say(PublishStatus.IDLE)
    assert [state.status for state in rig.outputs.publish_states] == [PublishStatus.ON_AIR]


def test_the_programme_is_on_while_it_is_published_or_recorded(rig: Rig) -> None:
    assert not rig.outputs.is_on
    rig.outputs.start_publish((target(),))
    assert rig.outputs.is_on
    rig.publishers[0].say(PublishStatus.REFUSED)
    assert not rig.outputs.is_on
    rig.outputs.start_recording(StartRecording(directory="here", name="x"))
    assert rig.outputs.is_on and not rig.outputs.is_publishing
    assert rig.outputs.free_disk_bytes == 5_000
    rig.outputs.stop_recording()
    assert not rig.outputs.is_on
    assert rig.outputs.free_disk_bytes == 0


def test_what_is_told_last_is_how_it_is() -> None:
    """Two threads change the state of a target: the second change waits until the first was told."""
    telling = threading.RLock()
    told: list[PublishStatus] = []
    may_go_on, is_telling = threading.Event(), threading.Event()

    def tell(changed: PublishChanged) -> None:
        if changed.status is PublishStatus.STARTING:
            is_telling.set()
            may_go_on.wait(5)
        told.append(changed.status)

    rig = Rig()
    rig.outputs = Outputs(
        ManualClock(), tell, rig.recorded.append, lambda: None, rig._recorder, rig._publisher, rig._encoding, telling
    )
    rig.outputs.set_output(Output(encoder="libx264"))
    rig.outputs.start_publish((target(),))
    first = threading.Thread(target=rig.publishers[0].say, args=(PublishStatus.STARTING,))
    second = threading.Thread(target=rig.publishers[0].say, args=(PublishStatus.ON_AIR,))
    first.start()
    assert is_telling.wait(5)
    second.start()
    second.join(0.05)
    may_go_on.set()
    first.join(5)
    second.join(5)
    assert told == [PublishStatus.CONNECTING, PublishStatus.STARTING, PublishStatus.ON_AIR]
    assert rig.outputs.publish_states[0].status is told[-1]


def test_a_recording_that_still_makes_its_file_does_not_speak_for_the_next(rig: Rig) -> None:
    for _ in range(2):
        rig.outputs.start_recording(StartRecording(directory="here", name="x"))
        if len(rig.recorders) == 1:
            rig.outputs.stop_recording()
    rig.recorders[0].on_changed(RecordChanged(status=RecordStatus.IDLE, path="first.mp4"))
    assert rig.outputs.record_state.status is RecordStatus.RECORDING
