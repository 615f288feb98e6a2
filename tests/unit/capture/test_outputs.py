"""Publishers and recording over one encoding: who starts and ends it, and what happens when it gives up."""

from __future__ import annotations

import pytest

from app.errors import InputError, StorageError
from app.ports.engine import (
    Output,
    PublishStatus,
    RecordChanged,
    RecordStatus,
    StartRecording,
)
from tests.unit.capture.outputs_kit import KEY, Rig, ready_rig, target


@pytest.fixture
def rig() -> Rig:
    return ready_rig()


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


def test_a_recording_that_still_makes_its_file_does_not_speak_for_the_next(rig: Rig) -> None:
    for _ in range(2):
        rig.outputs.start_recording(StartRecording(directory="here", name="x"))
        if len(rig.recorders) == 1:
            rig.outputs.stop_recording()
    rig.recorders[0].on_changed(RecordChanged(status=RecordStatus.IDLE, path="first.mp4"))
    assert rig.outputs.record_state.status is RecordStatus.RECORDING
