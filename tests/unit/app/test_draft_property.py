"""Whatever happens to window, network and other machines: the last words that were typed are somewhere."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.contract.applications import ApplicationForm
from app.domain.application import ApplicationKind
from app.errors import PlatformError
from app.usecases import wishes as w
from app.usecases.way_state import ApplicationDesk, SaveStatus
from tests.unit.app.rig import LoopClock, Rig, kill, pass_s, play_timed, settle

CRASH_S = 0.5
AWAY = PlatformError("platform_unreachable")
NAMES = "type away back lose hear slow fast elsewhere mine theirs kill close reload"
OPS = st.sampled_from(NAMES.split())
PAUSES_S = st.sampled_from([0.0, 0.1, 0.4, 0.9, 1.1, 3.0, 40.0])


@dataclass
class Story:
    """A person at a window, and what they typed last."""

    rig: Rig
    count: int = 0
    typed: list[tuple[float, ApplicationForm]] = field(default_factory=list)
    """When what was typed; empty when the person gave it up for what another machine has."""

    @property
    def desk(self) -> ApplicationDesk:
        return self.rig.desk.state.application

    def now_s(self) -> float:
        return asyncio.get_running_loop().time()

    def form(self, who: str) -> ApplicationForm:
        self.count += 1
        return ApplicationForm(introduction=f"{who}{self.count}")

    async def do(self, op: str) -> None:
        platform = self.rig.platform
        match op:
            case "type":
                form = self.form("字")
                await self.rig.do(w.EditApplication(form))
                assert self.desk.form == form
                self.typed.append((self.now_s(), form))
            case "away":
                platform.fail |= dict.fromkeys(("save_draft", "application", "begin_application"), AWAY)
            case "back":
                platform.fail.clear()
                platform.on_personal_link(True)
            case "lose":
                platform.lose.add("save_draft")
            case "hear":
                platform.lose.clear()
            case "slow" | "fast":
                platform.slow_s = 1.5 if op == "slow" else 0.0
            case "elsewhere":
                platform.save_elsewhere(self.form("别处"))
            case "mine":
                await self.rig.do(w.KeepDraft(True))
            case "theirs":
                if self.desk.conflict is not None:
                    self.typed.clear()
                await self.rig.do(w.KeepDraft(False))
            case "kill":
                await self.start_again()
            case "close":
                await self.rig.desk.close()
                await self.start_again(is_killed=False)
            case "reload":
                await self.rig.do(w.LoadApplication())

    async def start_again(self, *, is_killed: bool = True) -> None:
        now_s = self.now_s()
        await kill()
        if is_killed and self.typed:
            # Of the last half second any word may be the last one that is there.
            safe = [form for at_s, form in self.typed if at_s <= now_s - CRASH_S][-1:]
            risky = [form for at_s, form in self.typed if at_s > now_s - CRASH_S]
            there = [form for form in (*safe, *risky) if self.is_somewhere(form)]
            assert there or not safe, "more than half a second was lost"
            self.typed = [(0.0, there[-1])] if there else []
        before = self.rig
        self.rig = Rig(settings=before.settings, platform=before.platform, drafts=before.drafts, clock=LoopClock())
        await self.rig.signed_in()
        await self.rig.do(w.LoadApplication())
        await pass_s(2 * self.rig.platform.slow_s)

    def is_somewhere(self, form: ApplicationForm) -> bool:
        on_disk = [draft.form for draft in self.rig.drafts.kept.values()]
        return form in self.rig.platform.stored or form in on_disk


@given(st.lists(st.tuples(OPS, PAUSES_S), max_size=25))
@settings(max_examples=150, deadline=None)
@example([("type", 3.0), ("kill", 0.0), ("type", 0.4), ("lose", 0.0), ("kill", 3.0), ("elsewhere", 0.0), ("type", 3.0)])
@example([("lose", 0.0), ("type", 1.1), ("type", 0.4), ("kill", 0.0), ("hear", 3.0)])
@example([("away", 0.0), ("type", 1.1), ("elsewhere", 0.0), ("kill", 0.0), ("back", 3.0), ("type", 0.0), ("kill", 0.9)])
def test_the_last_words_are_never_lost(ops: list[tuple[str, float]]) -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        await rig.do(w.LoadApplication(), w.BeginApplication(ApplicationKind.FIRST))
        story = Story(rig)
        for op, pause_s in ops:
            await story.do(op)
            await pass_s(pause_s)
            if pause_s >= CRASH_S and story.typed:
                assert story.is_somewhere(story.typed[-1][1])
        # When all is well again and every conflict decided, the service has what is shown.
        for op in ("hear", "fast", "back", "reload", "mine"):
            await story.do(op)
            await pass_s(2)
        await pass_s(120)
        await story.do("mine")
        await pass_s(10)
        assert story.desk.conflict is None
        assert story.desk.save in (SaveStatus.SAVED, SaveStatus.NOTHING)
        assert story.desk.form == rig.platform.mine.applications[-1].form
        if story.typed:
            assert story.typed[-1][1] in rig.platform.stored
        await settle()

    play_timed(scene)
