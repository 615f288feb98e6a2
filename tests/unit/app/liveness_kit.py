"""A pass at the face check between fakes, brought as far as a test needs it."""

from __future__ import annotations

import hashlib

from app.domain.liveness import Action, LivenessPath, OrderKind, Phase
from app.ports import engine as port
from app.usecases import wishes as w
from app.usecases.liveness_state import LivenessDesk, LivenessPhase
from tests.unit.app.rig import Rig, settle

P = LivenessPhase
PACKAGE = bytes(range(256)) * 3000
"""768 kB: three parts."""


def desk(rig: Rig) -> LivenessDesk:
    return rig.desk.state.liveness


async def begun(rig: Rig, path: LivenessPath = LivenessPath.FULL) -> None:
    await rig.signed_in()
    await rig.do(w.LoadLiveness(), w.StartLiveness(path))
    looks(rig)


def looks(rig: Rig) -> None:
    """The engine looks at its first picture."""
    if rig.engine.sent(port.BeginLiveness) and not rig.engine.refuse.get(port.BeginLiveness):
        changed(rig, Phase.ALIGN)


def changed(rig: Rig, phase: Phase, **fields: object) -> None:
    rig.engine.on_event(port.LivenessChanged(session_id=desk(rig).session_id, phase=phase, **fields))  # type: ignore[arg-type]


async def said(rig: Rig, number: int) -> None:
    """The engine has carried out the order before."""
    key = b"k" * 32 if number == 0 else b""
    rig.engine.on_event(
        port.LivenessSaid(
            session_id=desk(rig).session_id, number=number, public_key=key, link=bytes([number]) * 32,
            units=100 + number, at_us=1000 * number,
        )
    )  # fmt: skip
    await settle()


async def to_flash(rig: Rig) -> None:
    await begun(rig)
    for number in range(3):
        await said(rig, number)
    assert desk(rig).phase is P.FLASH_READY


def seal(rig: Rig, package: bytes = PACKAGE) -> None:
    rig.engine.package, rig.engine.package_of = package, desk(rig).session_id
    rig.engine.on_event(
        port.LivenessSealed(
            session_id=desk(rig).session_id, size_bytes=len(package), sha256=hashlib.sha256(package).digest()
        )
    )


async def to_sealing(rig: Rig) -> None:
    await to_flash(rig)
    await rig.do(w.FlashShown(77))
    await said(rig, 3)
    assert desk(rig).phase is P.SEALING


async def sent(rig: Rig, package: bytes = PACKAGE) -> None:
    await to_sealing(rig)
    seal(rig, package)
    await settle()


def orders(rig: Rig) -> list[tuple[int, OrderKind, Action | None]]:
    return [(one.number, one.kind, one.action) for one in rig.engine.sent(port.OrderLiveness)]
