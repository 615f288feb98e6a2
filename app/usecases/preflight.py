"""The preflight, and the meter that goes on while on air. I/O loop.

Watched: sources three times a second; when the page is opened this computer, then the network, unless both are known
and young. One after the other: each would spoil the other's figures. On air only what costs nothing is measured, and
what gets worse is told once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from app.domain.quality.advice import Adviser, MutedTalk
from app.domain.quality.measures import NetworkMeasures
from app.domain.quality.mends import MENDS, Mend
from app.domain.quality.network import recommend
from app.errors import AppError
from app.ports import engine as port
from app.settings import default_recording_dir
from app.usecases import wishes as w
from app.usecases.context import Context, trouble_of
from app.usecases.mending import MendingCase, SetCamera
from app.usecases.quality import QualityCase
from app.usecases.quality_state import Advice, ProbePhase, ProbeState, Proposal, QualityDesk
from app.usecases.state import AccountPhase, BroadcastPhase
from app.usecases.trouble import Trouble

YOUNG_S = 600.0
"""So long what was found of network and computer is not asked for again by only opening the page."""
SECONDS_EACH = 10.0
_SLACK_S = 30.0
_ON_AIR = (BroadcastPhase.ON_AIR, BroadcastPhase.INTERRUPTED)
_UNREACHABLE = ("platform_unreachable", "platform_timeout")
ChangeSettings = Callable[[w.ChangeSettings], Coroutine[Any, Any, None]]


class PreflightCase:
    """Takes the wishes of the page, the engine's measurements, and ticks once a second.

    ``change_settings`` is the desk's: a new format is tried by the engine before it is kept.
    """

    def __init__(self, context: Context, change_settings: ChangeSettings, set_camera: SetCamera) -> None:
        self._context, self._change_settings = context, change_settings
        self.mending = MendingCase(context, set_camera, self._drop)
        self._quality = QualityCase(context, self.mending.mendable, self._judged)
        self._adviser, self._muted_talk = Adviser(), MutedTalk()
        self._was_on_air = False
        self._checking: asyncio.Task[None] | None = None
        self._computer_done: asyncio.Event = asyncio.Event()
        self._probe_done: asyncio.Event = asyncio.Event()
        self._trials: tuple[port.EncodeTrial, ...] = ()
        self._checked_s: float | None = None

    @property
    def _desk(self) -> QualityDesk:
        return self._context.state.quality

    # ---- wishes ----------------------------------------------------------------------------------

    def take(self, wish: w.Wish) -> bool:
        """Whether it was one of these."""
        match wish:
            case w.WatchQuality():
                self._watch(wish.is_on)
            case w.CheckAgain():
                self._check(is_forced=True)
            case w.CancelProbe():
                self._context.spawn(self._cancel_probe(), "cancel-probe")
            case w.MendDefect() if MENDS.get(wish.defect) is Mend.PROPOSAL:
                self._context.spawn(self._take_proposal(), "take-proposal")
            case w.MendDefect():
                self._context.spawn(self.mending.mend(wish.defect), "mend")
            case w.UndoMend():
                self._context.spawn(self.mending.undo(wish.defect), "undo-mend")
            case w.TakeProposal():
                self._context.spawn(self._take_proposal(), "take-proposal")
            case w.TakeSample():
                self._context.spawn(self._tell(port.TakeSample()), "take-sample")
            case w.PlaySample():
                self._context.spawn(self._tell(port.PlaySample()), "play-sample")
            case w.StopSample():
                self._context.spawn(self._tell(port.StopSample()), "stop-sample")
            case w.DismissAdvice():
                self._quality.change(advice=None)
            case _:
                return False
        return True

    def _watch(self, is_on: bool) -> None:
        self._quality.change(is_watching=is_on)
        self._context.spawn(self._tell(self.rate_command()), "meter-rate")
        if is_on:
            self._check(is_forced=False)
        else:
            self._context.spawn(self._cancel_probe(), "cancel-probe")

    def rate_command(self) -> port.AnyCommand:
        """How often the engine shall measure."""
        return port.SetMeterRate(rate=port.MeterRate.PREFLIGHT if self._desk.is_watching else port.MeterRate.OFF)

    # ---- this computer and the network -------------------------------------------------------------

    def _check(self, *, is_forced: bool) -> None:
        if self._checking is not None and not self._checking.done():
            return
        if is_forced:
            self._context.spawn(self._tell(port.MeasureAgain()), "measure-again")
        now_s = self._context.clock.monotonic_s()
        is_young = self._checked_s is not None and now_s - self._checked_s < YOUNG_S
        if self._may_try() and (is_forced or not is_young):
            self._checking = self._context.spawn(self._run_checks(), "preflight")

    def _may_try(self) -> bool:
        """Trials load machine and line: never beside a broadcast or a recording."""
        state = self._context.state
        is_recording = state.engine.record is not None and state.engine.record.status is port.RecordStatus.RECORDING
        is_off = state.broadcast.phase in (BroadcastPhase.OFF, BroadcastPhase.ENDED)
        return is_off and not is_recording and state.engine.is_attached

    async def _run_checks(self) -> None:
        await self._measure_computer()
        if not self._desk.is_watching or not self._may_try():
            return
        if await self._probe():
            self._checked_s = self._context.clock.monotonic_s()

    async def _measure_computer(self) -> None:
        self._computer_done.clear()
        self._quality.change(is_measuring_computer=True)
        try:
            folder = self._context.state.settings.recording_dir or str(default_recording_dir())
            done = await self._context.engine.ask(port.MeasureComputer(recording_dir=folder))
            if not done.code:
                await asyncio.wait_for(self._computer_done.wait(), _SLACK_S)
        except TimeoutError:
            pass  # it is not known, which the page says
        finally:
            self._quality.change(is_measuring_computer=False)

    async def _probe(self) -> bool:
        """Try every ingest; whether it came to an end."""
        state, platform = self._context.state, self._context.platform
        if platform is None or state.account.phase is not AccountPhase.SIGNED_IN:
            self._quality.change(probe=ProbeState(ProbePhase.FAILED, trouble=Trouble("not_signed_in", {}, "sign_in")))
            return False
        self._probe_done.clear()
        self._quality.change(probe=ProbeState(ProbePhase.RUNNING))
        try:
            offered = await platform.probe_key()
            ca_file = state.settings.ca_file
            targets = tuple(
                port.Target(url=ingest.url, key=offered.key, name=ingest.name, ca_file=ca_file)
                for ingest in offered.ingests
            )
            done = await self._context.engine.ask(port.StartProbe(targets=targets, seconds_each=SECONDS_EACH))
            if done.code:
                raise AppError(done.code, detail=done.detail)
            await asyncio.wait_for(self._probe_done.wait(), SECONDS_EACH * len(targets) + _SLACK_S)
        except AppError as error:
            trouble = self._context.trouble(error) or trouble_of(error)
            self._quality.change(probe=ProbeState(ProbePhase.FAILED, trouble=trouble))
            if error.code in _UNREACHABLE:
                self._quality.set_network(NetworkMeasures())
            return False
        except TimeoutError:
            await self._tell(port.CancelProbe())
            self._quality.change(probe=ProbeState(ProbePhase.FAILED, trouble=Trouble("platform_timeout")))
            return False
        return self._desk.probe.phase is ProbePhase.DONE

    async def _cancel_probe(self) -> None:
        if self._desk.probe.phase is ProbePhase.RUNNING:
            await self._tell(port.CancelProbe())

    async def _take_proposal(self) -> None:
        proposal = self._desk.proposal
        if proposal is None or proposal.is_set:
            return
        before = self._context.state.settings.output
        after = port.Output(
            width_px=proposal.width_px, height_px=proposal.height_px, rate_fps=proposal.rate_fps,
            video_kbps=proposal.video_kbps, audio_kbps=before.audio_kbps, encoder=before.encoder, gop_s=before.gop_s,
        )  # fmt: skip
        await self._change_settings(w.ChangeSettings({"output": after}))

    # ---- what the engine says ----------------------------------------------------------------------

    def on_event(self, event: port.AnyEvent) -> None:
        """Any event of the engine; those of others change nothing here."""
        match event:
            case port.QualityMeasured():
                self._quality.take(event)
                self._follow_talk(event)
            case port.SampleChanged():
                self._quality.change(sample=event)
            case port.ComputerMeasured():
                self._trials = event.trials
                self._quality.set_computer(event.computer)
                self._propose()
                self._computer_done.set()
            case port.ProbeProgress():
                probe = self._desk.probe
                if probe.phase is ProbePhase.RUNNING:
                    passed = replace(probe, passed_ratio=event.passed_ratio, kbps=event.kbps)
                    self._quality.change(probe=passed)
            case port.ProbeDone():
                self._on_probe_done(event)
            case port.SourceChanged() | port.Snapshot():
                self._quality.sources_changed()
            case _:
                return

    def _on_probe_done(self, event: port.ProbeDone) -> None:
        if event.is_cancelled:
            self._quality.change(probe=ProbeState(ProbePhase.IDLE))
        else:
            self._quality.change(probe=ProbeState(ProbePhase.DONE, 1.0, 0.0, event.network))
            self._quality.set_network(event.network)
            self._propose()
        self._probe_done.set()

    def on_link(self, is_up: bool) -> None:
        """The way to the engine opened or broke; a probe or a sample that ran is gone with it."""
        if not is_up:
            self._quality.change(sample=port.SampleChanged(), is_talking_muted=False)
            if self._desk.probe.phase is ProbePhase.RUNNING:
                self._quality.change(probe=ProbeState(ProbePhase.IDLE))
                self._probe_done.set()
            self._computer_done.set()
        self._quality.sources_changed()

    def commands(self) -> tuple[port.AnyCommand, ...]:
        """What a new engine must be told."""
        return (*self.mending.commands(), self.rate_command())

    def _propose(self) -> None:
        probe, engine = self._desk.probe, self._context.state.engine
        if probe.network is None or not self._trials:
            return
        ratios = {(one.width_px, one.height_px, one.rate_fps): one.encode_ratio for one in self._trials}
        found = recommend(probe.network, ratios)
        now = (engine.output.width_px, engine.output.height_px, engine.output.rate_fps, engine.output.video_kbps)
        is_set = (found.width_px, found.height_px, found.rate_fps, found.video_kbps) == now
        self._quality.change(
            proposal=Proposal(
                found.width_px, found.height_px, found.rate_fps, found.video_kbps,
                is_limited_by_network=found.is_limited_by_network, is_limited_by_computer=found.is_limited_by_computer,
                is_set=is_set,
            )
        )  # fmt: skip

    # ---- on air ------------------------------------------------------------------------------------

    def _drop(self, is_picture: bool) -> None:
        self._quality.drop(is_picture)

    def _judged(self) -> None:
        self._quality.change(mended=self.mending.in_force())

    def tick(self) -> None:
        """Once a second: what got worse on air; whether the proposal is what is set."""
        is_on_air = self._context.state.broadcast.phase in _ON_AIR
        found = [one for group in self._desk.findings.values() for one in group]
        now_s = self._context.clock.monotonic_s()
        if is_on_air and not self._was_on_air:
            self._adviser.begin(found)
        self._was_on_air = is_on_air
        if not is_on_air:
            if self._desk.advice is not None:
                self._quality.change(advice=None)
            return
        told = self._adviser.look(found, now_s)
        if told is not None:
            self._quality.change(advice=Advice(told.defect, told, now_s))
            self._context.record(f"log.quality_{told.defect.value}")
        elif self._desk.advice is not None and self._adviser.is_well(self._desk.advice.defect, now_s):
            self._quality.change(advice=None)

    def output_changed(self) -> None:
        """The format was changed, here or elsewhere."""
        self._propose()
        self._quality.sources_changed()

    def _follow_talk(self, measured: port.QualityMeasured) -> None:
        is_speaking = measured.sound is not None and measured.sound.is_speaking
        is_muted = self._context.state.engine.is_muted
        is_noticed = self._muted_talk.look(is_muted, is_speaking, self._context.clock.monotonic_s())
        if is_noticed != self._desk.is_talking_muted:
            self._quality.change(is_talking_muted=is_noticed)

    async def _tell(self, command: port.AnyCommand) -> None:
        done = await self._context.engine.ask(command)
        if done.code and done.code != "engine_away":
            self._context.notify(trouble_of(AppError(done.code, detail=dict(done.detail))))
