"""The desk while engine, window and service come and go."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.contract import events
from app.ports import engine as port
from app.usecases import wishes as w
from app.usecases.state import AccountPhase, BroadcastPhase
from tests.unit.app.rig import Rig, play, settle


def test_the_publisher_goes_and_comes_back() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.engine.publish(port.PublishStatus.RECONNECTING, "ingest_silent")
        assert rig.desk.state.broadcast.phase is BroadcastPhase.INTERRUPTED
        assert rig.desk.state.health.message_id == "health.silent_ingest"
        rig.engine.publish(port.PublishStatus.ON_AIR)
        assert rig.desk.state.broadcast.phase is BroadcastPhase.ON_AIR

    play(scene)


def test_a_new_engine_takes_up_the_same_session() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.engine.on_link(False)
        assert rig.desk.state.broadcast.phase is BroadcastPhase.INTERRUPTED
        rig.engine.attach()
        await settle()
        assert [command.targets[0].key for command in rig.engine.sent(port.StartPublish)] == ["k1", "k2"]
        rig.engine.publish(port.PublishStatus.ON_AIR)
        assert rig.desk.state.broadcast.phase is BroadcastPhase.ON_AIR
        assert len(rig.platform.created) == 1

    play(scene)


def test_a_new_engine_records_again_what_the_lost_one_recorded_and_no_more(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        await rig.do(w.ChangeSettings({"recording_dir": str(tmp_path)}), w.Record(True))
        rig.engine.on_link(False)
        rig.engine.attach()
        await settle()
        assert len(rig.engine.sent(port.StartRecording)) == 2
        rig.engine.on_link(False)
        await rig.do(w.EndLive())
        rig.engine.attach()
        await settle()
        assert len(rig.engine.sent(port.StartRecording)) == 2

    play(scene)


def test_a_recording_that_failed_is_not_begun_again_by_itself(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        await rig.do(w.ChangeSettings({"recording_dir": str(tmp_path)}), w.Record(True))
        rig.engine.on_event(port.RecordChanged(status=port.RecordStatus.FAILED, path="/v", code="disk_full"))
        rig.engine.on_link(False)
        rig.engine.attach()
        await settle()
        assert len(rig.engine.sent(port.StartRecording)) == 1

    play(scene)


def test_a_key_that_somebody_else_made_us_lose_ends_the_broadcast_with_the_reason() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.fact(events.KeyRevoked(key_id="another", cause="taken_over"), "key.revoked")
        assert rig.desk.state.broadcast.phase is BroadcastPhase.ON_AIR
        rig.fact(events.KeyRevoked(key_id="id1", cause="taken_over"), "key.revoked")
        await settle()
        assert rig.desk.state.broadcast.phase is BroadcastPhase.ENDED
        assert rig.desk.state.broadcast.trouble is not None
        assert rig.desk.state.broadcast.trouble.code == "key_taken_over"
        assert rig.engine.sent(port.StopPublish)

    play(scene)


def test_a_key_that_died_with_the_device_ends_the_sign_in_too() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.fact(events.KeyRevoked(key_id="id1", cause="signed_out"), "key.revoked")
        await settle()
        account = rig.desk.state.account
        assert (account.phase, account.trouble and account.trouble.code) == (AccountPhase.SIGNED_OUT, "device_ended")
        trouble = rig.desk.state.broadcast.trouble
        assert trouble is not None
        assert trouble.code == "key_signed_out"

    play(scene)


@pytest.mark.parametrize("is_told", [True, False])
def test_a_stream_that_was_cut_ends_with_the_reason_that_the_room_tells(
    monkeypatch: pytest.MonkeyPatch, is_told: bool
) -> None:
    monkeypatch.setattr("app.usecases.broadcast.REASON_S", 0)

    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.engine.publish(port.PublishStatus.REFUSED, "key_dead")
        assert rig.desk.state.broadcast.phase is BroadcastPhase.ON_AIR
        if is_told:
            rig.fact(events.KeyRevoked(key_id="id1", cause="cut_off"), "key.revoked")
        await settle()
        broadcast = rig.desk.state.broadcast
        assert broadcast.phase is BroadcastPhase.ENDED
        assert broadcast.trouble is not None
        assert broadcast.trouble.code == ("key_cut_off" if is_told else "key_dead")

    play(scene)


def test_a_new_window_beside_an_engine_on_air_changes_nothing() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        second = Rig(settings=rig.settings, platform=rig.platform, is_restart=True)
        assert rig.platform.session is not None
        live = rig.platform.session.model_copy(update={"state": "live"})
        rig.platform.session = live
        second.start()
        second.engine.attach(port.PublishStatus.ON_AIR)
        await settle()
        assert second.desk.state.broadcast.phase is BroadcastPhase.ON_AIR
        for kind in (port.SetVideo, port.SetAudio, port.StartPublish, port.SetMute):
            assert not second.engine.sent(kind)

    play(scene)


def test_a_failure_is_told_until_there_is_progress_again() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        told = []
        for status, code in (
            (port.PublishStatus.RECONNECTING, "ingest_silent"),
            (port.PublishStatus.CONNECTING, ""),
            (port.PublishStatus.STARTING, ""),
            (port.PublishStatus.ON_AIR, ""),
        ):
            rig.engine.on_event(port.PublishChanged(target="main", status=status, code=code))
            rig.engine.on_event(port.Stats(at_ms=1, programme_frames=30, frames_sent=30, loudness_lufs=-20))
            told.append(rig.desk.state.health.message_id)
        assert told == ["health.silent_ingest"] * 3 + ["health.good"]

    play(scene)


def test_the_service_goes_in_the_midst_and_the_broadcast_stays() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.platform.on_link(False)
        rig.engine.on_event(port.Stats(at_ms=1, programme_frames=30, frames_sent=30, loudness_lufs=-20))
        assert rig.desk.state.broadcast.phase is BroadcastPhase.ON_AIR
        assert rig.desk.state.health.message_id == "health.service_away"
        assert not rig.engine.sent(port.StopPublish)

    play(scene)


def test_at_the_end_of_the_program_the_room_is_closed_before_the_loop_stops() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        room = rig.platform.room
        await rig.desk.close()
        assert room is not None
        assert room.is_closed

    play(scene)
