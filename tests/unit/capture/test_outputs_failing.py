"""What becomes of publishers and recording when the encoder is absent or gives up."""

from __future__ import annotations

import pytest

from app.ports.engine import (
    Output,
    PublishStatus,
    RecordChanged,
    RecordStatus,
    StartRecording,
)
from tests.unit.capture.outputs_kit import KEY, FakePublisher, FakeRecorder, Rig, ready_rig, target


@pytest.fixture
def rig() -> Rig:
    return ready_rig()


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
