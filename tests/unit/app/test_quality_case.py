"""The preflight and the meter on air: what is asked of engine and service, in which order, and what is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.contract.rest import Category, IngestAddress
from app.domain.quality.measures import (
    IngestMeasures,
    NetworkMeasures,
)
from app.domain.quality.model import Defect, Group
from app.errors import PlatformError
from app.ports import engine as port
from app.runtime.clock import ManualClock
from app.usecases import wishes as w
from app.usecases.quality_state import ProbePhase
from app.usecases.state import BroadcastPhase
from tests.unit.app.fake_schedule import SERVER_NOW
from tests.unit.app.quality_kit import (
    FAST,
    GOOD_PICTURE,
    GOOD_SOUND,
    LIVE,
    computer_done,
    measured,
    probe_done,
    quality,
    watched,
)
from tests.unit.app.rig import Rig, pass_s, play, play_timed, settle


def test_the_page_asks_for_quick_measures_then_the_computer_then_the_network() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        assert rig.engine.sent(port.SetMeterRate)[-1].rate is port.MeterRate.PREFLIGHT
        assert len(rig.engine.sent(port.MeasureComputer)) == 1
        assert rig.engine.sent(port.StartProbe) == [], "one would spoil the other's figures"
        assert quality(rig).is_measuring_computer
        await computer_done(rig)
        assert not quality(rig).is_measuring_computer
        (probe,) = rig.engine.sent(port.StartProbe)
        assert [target.url for target in probe.targets] == [one.url for one in rig.platform.ingests]
        assert quality(rig).probe.phase is ProbePhase.RUNNING
        rig.engine.on_event(port.ProbeProgress(target="main", passed_ratio=0.5, kbps=4000.0))
        assert (quality(rig).probe.passed_ratio, quality(rig).probe.kbps) == (0.5, 4000.0)
        await probe_done(rig)
        measured(rig)
        assert set(quality(rig).score.groups) == set(Group)
        assert quality(rig).score.total is not None and quality(rig).score.total >= 95
        assert quality(rig).is_settled

    play(scene, Rig(clock=ManualClock(utc=SERVER_NOW)))


def test_what_is_young_is_not_asked_for_again_unless_a_person_does() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        await computer_done(rig)
        await probe_done(rig)
        await rig.do(w.WatchQuality(False), w.WatchQuality(True))
        assert len(rig.engine.sent(port.MeasureComputer)) == 1
        await rig.do(w.CheckAgain())
        assert len(rig.engine.sent(port.MeasureComputer)) == 2
        assert rig.engine.sent(port.MeasureAgain)

    play(scene)


def test_leaving_the_page_cancels_the_probe_and_slows_the_meter() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        await computer_done(rig)
        await rig.do(w.WatchQuality(False))
        assert rig.engine.sent(port.CancelProbe)
        assert rig.engine.sent(port.SetMeterRate)[-1].rate is port.MeterRate.OFF
        rig.engine.on_event(port.ProbeDone(network=NetworkMeasures(), is_cancelled=True))
        await settle()
        assert quality(rig).probe.phase is ProbePhase.IDLE
        assert Group.NETWORK not in quality(rig).findings, "what was cut short says nothing"

    play(scene)


def test_no_ingest_that_answers_blocks_and_says_so() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        await computer_done(rig)
        await probe_done(rig, IngestMeasures("main", False, "ingest_unreachable"), best=None)
        measured(rig)
        assert [one.defect for one in quality(rig).score.blocks] == [Defect.NO_INGEST]

    play(scene)


def test_a_service_that_is_away_is_no_ingest_and_one_that_refuses_is_told() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.fail["probe_key"] = PlatformError("platform_unreachable", retryable=True)
        await watched(rig)
        await computer_done(rig)
        assert quality(rig).probe.phase is ProbePhase.FAILED
        assert quality(rig).score.is_blocked
        rig.platform.fail["probe_key"] = PlatformError("rate_limited")
        await rig.do(w.CheckAgain())
        await computer_done(rig)
        trouble = quality(rig).probe.trouble
        assert trouble is not None and trouble.code == "rate_limited"

    play(scene)


def test_nothing_is_tried_beside_a_broadcast() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        await rig.do(w.WatchQuality(True), w.CheckAgain())
        assert not rig.engine.sent(port.MeasureComputer) and not rig.engine.sent(port.StartProbe)
        assert rig.engine.sent(port.SetMeterRate)[-1].rate is port.MeterRate.PREFLIGHT

    play(scene)


def test_a_trial_that_is_never_answered_is_given_up() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        assert quality(rig).is_measuring_computer
        await pass_s(40.0)
        assert not quality(rig).is_measuring_computer
        await pass_s(60.0)
        assert quality(rig).probe.phase is ProbePhase.FAILED
        assert rig.engine.sent(port.CancelProbe)

    play_timed(scene)


@pytest.mark.parametrize("status", [port.SourceStatus.LOST, port.SourceStatus.FAILED])
def test_a_source_that_is_gone_blocks_and_what_was_measured_is_forgotten(status: port.SourceStatus) -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        measured(rig)
        assert quality(rig).score.blocks == ()
        rig.engine.on_event(port.SourceChanged(is_video=False, status=status, code="microphone_lost"))
        assert [one.defect for one in quality(rig).score.blocks] == [Defect.NO_SOUND]
        assert quality(rig).sound is None
        await rig.do(w.GoLive("写好简历", Category.JOB_SEARCH))
        broadcast = rig.desk.state.broadcast
        assert broadcast.phase is BroadcastPhase.OFF
        assert broadcast.trouble is not None and broadcast.trouble.code == "no_sound_to_send"
        assert "create_session" not in rig.platform.calls
        rig.engine.on_event(port.SourceChanged(is_video=False, status=LIVE))
        assert quality(rig).score.blocks == ()

    play(scene)


def test_a_shared_screen_is_not_judged_as_a_camera() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        await rig.do(w.ChooseVideo(port.ScreenSource()))
        measured(rig, picture=None)
        assert [one.defect for one in quality(rig).findings[Group.PICTURE]] == [Defect.NO_PICTURE]
        assert quality(rig).score.groups[Group.PICTURE] == 100

    play(scene)


def test_a_proposal_is_made_of_both_and_set_by_a_click() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        await computer_done(rig)
        assert quality(rig).proposal is None
        await probe_done(rig)
        proposal = quality(rig).proposal
        assert proposal is not None and not proposal.is_set
        assert (proposal.width_px, proposal.height_px, proposal.video_kbps) == (1920, 1080, 4500)
        await rig.do(w.TakeProposal())
        assert rig.settings.kept.output.height_px == 1080
        assert quality(rig).proposal == replace(proposal, is_set=True)

    play(scene)


def test_the_better_address_is_taken() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.ingests = (
            IngestAddress(name="main", url="rtmp://127.0.0.1:1/live"),
            IngestAddress(name="north", url="rtmp://127.0.0.1:2/live"),
        )
        await watched(rig)
        await computer_done(rig)
        await probe_done(rig, replace(FAST, throughput_kbps=900.0), replace(FAST, name="north"), best=1)
        await rig.do(w.WatchQuality(False), w.GoLive("写好简历", Category.JOB_SEARCH))
        assert rig.engine.sent(port.StartPublish)[-1].targets[0].url == "rtmp://127.0.0.1:2/live"

    play(scene)


# ---- sample, on air ------------------------------------------------------------------------------


def test_the_sample_is_taken_played_and_gone_with_the_engine() -> None:
    async def scene(rig: Rig) -> None:
        await watched(rig)
        await rig.do(w.TakeSample())
        assert rig.engine.sent(port.TakeSample)[0].seconds == 5.0
        rig.engine.on_event(port.SampleChanged(status=port.SampleStatus.READY, seconds=5.0))
        await rig.do(w.PlaySample(), w.StopSample())
        assert rig.engine.sent(port.PlaySample) and rig.engine.sent(port.StopSample)
        rig.engine.on_link(False)
        assert quality(rig).sample.status is port.SampleStatus.NONE

    play(scene)


def test_what_gets_worse_on_air_is_told_once_and_goes_when_it_is_read() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        measured(rig)
        await pass_s(3.0)
        dark = replace(GOOD_PICTURE, luma=30.0, face_luma=25.0)
        for _ in range(12):
            measured(rig, dark)
            await pass_s(1.0)
        advice = quality(rig).advice
        assert advice is not None and advice.defect is Defect.DARK
        assert any(entry.message_id == "log.quality_dark" for entry in rig.desk.state.log)
        await rig.do(w.DismissAdvice())
        for _ in range(120):
            measured(rig, dark)
            await pass_s(1.0)
        assert quality(rig).advice is None

    play_timed(scene)


def test_talking_while_muted_is_noticed() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        await rig.do(w.MuteMicrophone(True))
        talk = replace(GOOD_SOUND, is_speaking=True)
        for _ in range(3):
            measured(rig, sound=talk)
            await pass_s(1.0)
        assert quality(rig).is_talking_muted
        await rig.do(w.MuteMicrophone(False))
        measured(rig, sound=talk)
        assert not quality(rig).is_talking_muted

    play_timed(scene)
