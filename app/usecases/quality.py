"""Judges what the meters say: findings, score, what can be mended. I/O loop; nothing waits here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.domain.quality.computer import judge_computer
from app.domain.quality.measures import ComputerMeasures, NetworkMeasures
from app.domain.quality.model import MOST_SHARE, Defect, Finding, Group, score
from app.domain.quality.network import judge_network
from app.domain.quality.picture import judge_picture
from app.domain.quality.sound import judge_sound
from app.ports import engine as port
from app.usecases.context import Context
from app.usecases.quality_state import QualityDesk
from app.usecases.state import EngineState

SETTLED_S = 4.0
"""From then on frozen pictures, flicker and the level of speech can have been seen."""
_BOTH = {Group.PICTURE, Group.SOUND}
_MEASURED = (port.CameraSource, port.FileSource, port.DemoSource)
"""A shared screen stands still, is as bright as it is, and shows no face: it is not judged as a camera's picture."""
_GONE = (port.SourceStatus.LOST, port.SourceStatus.FAILED)
_NOT_YET = (port.SourceStatus.STARTING, port.SourceStatus.OFF)


class QualityCase:
    """``mendable`` says which of the found defects a click could mend now, ``on_judged`` runs after each judgement."""

    def __init__(
        self,
        context: Context,
        mendable: Callable[[frozenset[Defect]], frozenset[Defect]],
        on_judged: Callable[[], None],
    ) -> None:
        self._context, self._mendable, self._on_judged = context, mendable, on_judged
        self._computer: ComputerMeasures | None = None
        self._network: NetworkMeasures | None = None

    @property
    def desk(self) -> QualityDesk:
        """The present state."""
        return self._context.state.quality

    def change(self, **fields: object) -> None:
        """Replace parts of it."""
        self._context.change(quality=replace(self.desk, **fields))  # type: ignore[arg-type]

    def take(self, measured: port.QualityMeasured) -> None:
        """The newest measurement of picture and sound."""
        self._look(measured)

    def sources_changed(self) -> None:
        """A source came or went, or the engine is away: what was measured before says nothing any longer."""
        engine, desk = self._context.state.engine, self.desk
        is_seen = engine.is_attached and _is_live(engine.video_status)
        is_heard = engine.is_attached and _is_live(engine.audio_status)
        self._look(
            port.QualityMeasured(picture=desk.picture if is_seen else None, sound=desk.sound if is_heard else None)
        )

    def drop(self, is_picture: bool) -> None:
        """Something was set: what was measured of the picture, or of the sound, is past."""
        desk = self.desk
        self._look(
            port.QualityMeasured(picture=None if is_picture else desk.picture, sound=desk.sound if is_picture else None)
        )

    def set_network(self, network: NetworkMeasures | None) -> None:
        """What the probe found; None: nothing is known (any longer)."""
        self._network = network
        self.sources_changed()

    def set_computer(self, computer: ComputerMeasures | None) -> None:
        """What the trial found."""
        self._computer = computer
        self.sources_changed()

    def _look(self, measured: port.QualityMeasured) -> None:
        findings = self._findings(measured)
        found = frozenset(one.defect for group in findings.values() for one in group if one.is_found)
        observed_s = [part.observed_s for part in (measured.picture, measured.sound) if part is not None]
        self.change(
            picture=measured.picture,
            sound=measured.sound,
            computer=self._computer,
            findings=findings,
            score=score(findings),
            is_settled=set(findings) >= _BOTH and all(seconds >= SETTLED_S for seconds in observed_s),
        )
        # What can be mended goes by what was measured now.
        self.change(mendable=self._mendable(found))
        self._on_judged()

    def _findings(self, measured: port.QualityMeasured) -> dict[Group, tuple[Finding, ...]]:
        engine = self._context.state.engine
        findings: dict[Group, tuple[Finding, ...]] = {}
        picture = self._picture(engine, measured)
        if picture:
            findings[Group.PICTURE] = picture
        sound = self._sound(engine, measured)
        if sound:
            findings[Group.SOUND] = sound
        if self._network is not None:
            findings[Group.NETWORK] = judge_network(self._network, engine.output.video_kbps + engine.output.audio_kbps)
        if self._computer is not None:
            now = replace(self._computer, clock_off_s=self._context.server_clock.off_s())
            findings[Group.COMPUTER] = judge_computer(now)
        return findings

    @staticmethod
    def _picture(engine: EngineState, measured: port.QualityMeasured) -> tuple[Finding, ...]:
        status, video = engine.video_status, engine.video
        if not engine.is_attached or status is None:
            return ()
        if isinstance(video, port.NoVideo) or status.status in _GONE:
            return (Finding(Defect.NO_PICTURE, Group.PICTURE, MOST_SHARE),)
        if status.status in _NOT_YET:
            return ()
        there = Finding(Defect.NO_PICTURE, Group.PICTURE, 0.0)
        if not isinstance(video, _MEASURED):
            return (there,)
        return (there, *judge_picture(measured.picture)) if measured.picture is not None else ()

    @staticmethod
    def _sound(engine: EngineState, measured: port.QualityMeasured) -> tuple[Finding, ...]:
        status = engine.audio_status
        if not engine.is_attached or status is None:
            return ()
        if isinstance(engine.audio, port.NoSound) or status.status in _GONE:
            return (Finding(Defect.NO_SOUND, Group.SOUND, MOST_SHARE),)
        if status.status in _NOT_YET or measured.sound is None:
            return ()
        return (Finding(Defect.NO_SOUND, Group.SOUND, 0.0), *judge_sound(measured.sound))


def _is_live(status: port.SourceChanged | None) -> bool:
    return status is not None and status.status is port.SourceStatus.LIVE
