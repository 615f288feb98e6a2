"""What the program sealed, before a simulated person, is judged by the service's own part: a living person."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from app.domain.flash import Colour, shown_at
from app.domain.liveness import Action, OrderKind, Phase
from app.liveness.mesh import MediapipeMesh
from app.liveness.package import Device, Said
from app.liveness.verdict import Verdict
from app.ports import engine as port
from bench.liveness_sim.desk import Desk, Session
from bench.liveness_sim.subjects import Living, someone
from capture.liveness.run import Run, Surroundings
from tests.unit.capture.liveness.stage import begin_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ANSWER_MS, PAINT_MS = 120.0, 40.0


class Sitting:
    """A simulated person before the real program, and the bench's service behind it. Time is the clip's own."""

    def __init__(self, actions: tuple[Action, ...], seed: int) -> None:
        self.desk = Desk(MediapipeMesh, seed)
        self.session: Session = self.desk.begin(actions=actions)
        self.person: Living = someone(seed)
        self.now_ms = 1000.0
        self.events: list[object] = []
        self.mesh = MediapipeMesh()
        self.colours: tuple[Colour, ...] = ()
        self.flash_ms: float | None = None
        self.due: list[tuple[float, Callable[[], None]]] = []
        around = Surroundings(
            self._hear, lambda: self.now_ms, lambda _: None, lambda: (True, True), lambda: Device(name="sim")
        )
        self.run = Run(begin_of(self.session.challenge), self.mesh, around)

    def _hear(self, event: object) -> None:
        self.events.append(event)
        if isinstance(event, port.LivenessSaid):
            said = Said(event.number, event.units, event.at_us, event.link)
            order = self.desk.progress(self.session, said, event.public_key)
            command = port.OrderLiveness(
                number=event.number, kind=order.kind, action=order.action, colours=order.colours
            )
            self.due.append((self.now_ms + ANSWER_MS, lambda: self._order(command)))

    def _order(self, command: port.OrderLiveness) -> None:
        self.run.order(command)
        self.person.tell(command.action, self.now_ms / 1000)
        if command.kind is OrderKind.FLASH:
            self.colours = command.colours
            self.due.append((self.now_ms + PAINT_MS, self._paint))

    def _paint(self) -> None:
        self.flash_ms = self.now_ms
        self.run.flash_began(self.now_ms)

    def _shown(self, at_s: float) -> Colour:
        since_ms = at_s * 1000 - self.flash_ms if self.flash_ms is not None else -1e9
        return shown_at(self.colours, since_ms)

    def play(self) -> None:
        made = np.random.default_rng(3)
        for number in range(70 * 30):
            at_ms = 1000.0 + number * 1000 / 30 + float(made.normal(0, 0.5))
            self.now_ms = max(self.now_ms + 0.1, at_ms)
            for one in [one for one in self.due if one[0] <= self.now_ms]:
                self.due.remove(one)
                one[1]()
            self.run.show(self.person.frame(self.now_ms / 1000, self._shown), round(self.now_ms * 1000))
            self.run.tick()
            if self.run.is_over:
                break
        self.mesh.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_living_person_who_does_what_is_asked(seed: int) -> None:
    sitting = Sitting((Action.TURN_LEFT, Action.MOUTH_OPEN), seed)
    sitting.play()
    assert sitting.run.status.phase is Phase.FINISHED, sitting.run.status
    assert sitting.run.sealed is not None
    judged = sitting.desk.receive(sitting.session, sitting.run.sealed.content)
    assert (judged.verdict, judged.retry) == (Verdict.LIVE, None), (judged.signs, judged.figures)
