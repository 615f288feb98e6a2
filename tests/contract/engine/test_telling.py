"""What two threads tell of one thing comes in the order in which it happened."""

from __future__ import annotations

import threading

from app.ports.engine import (
    Output,
    PublishChanged,
    PublishStatus,
)
from app.runtime.clock import ManualClock
from capture.outputs import Outputs
from tests.unit.capture.outputs_kit import Rig, target


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
