"""What the tests of the application share."""

from __future__ import annotations

from app.contract.applications import ApplicationForm
from app.contract.rest import Category
from app.domain.application import ApplicationKind, Declaration
from app.errors import PlatformError
from app.ports.drafts import KeptDraft
from app.usecases import wishes as w
from app.usecases.way_state import ApplicationDesk, LoadPhase, SaveStatus
from tests.unit.app.rig import LoopClock, Rig, kill

AWAY = PlatformError("platform_unreachable")
FULL = ApplicationForm(
    scopes=[Category.JOB_SEARCH],
    introduction="做过八年招聘，也带过应届生，愿意把简历和面试里的门道讲清楚。",
    contact_phone="13800138000",
    declarations=list(Declaration),
)


def desk(rig: Rig) -> ApplicationDesk:
    return rig.desk.state.application


def code(rig: Rig) -> str:
    trouble = desk(rig).trouble
    return trouble.code if trouble is not None else ""


def on_service(rig: Rig) -> ApplicationForm:
    return rig.platform.mine.applications[-1].form


def on_disk(rig: Rig) -> KeptDraft:
    [draft] = rig.drafts.kept.values()
    return draft


def said(text: str) -> w.EditApplication:
    return w.EditApplication(FULL.model_copy(update={"introduction": text}))


async def begun(rig: Rig) -> None:
    await rig.signed_in()
    await rig.do(w.LoadApplication(), w.BeginApplication(ApplicationKind.FIRST))
    assert (desk(rig).phase, desk(rig).save) == (LoadPhase.READY, SaveStatus.NOTHING)


async def again(rig: Rig) -> Rig:
    """The window was killed and is started anew, on the same machine."""
    await kill()
    other = Rig(settings=rig.settings, platform=rig.platform, drafts=rig.drafts, clock=LoopClock())
    await other.signed_in()
    return other
