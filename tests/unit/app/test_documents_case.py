"""Reading, comparing and accepting: which version is opened, what is shown of it, what the service refuses."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.documents.canonical import parse
from app.domain.documents.model import DocumentKind
from app.errors import PlatformError
from app.usecases import wishes as w
from app.usecases.state import AccountPhase
from app.usecases.way_state import LoadPhase, OpenDocument
from tests.unit.app.rig import Rig, play, settle

LIVE, RULES = DocumentKind.LIVE_AGREEMENT, DocumentKind.VIOLATION_RULES
OLD = "## 一、总则\n\n1. 先读后播。\n"
NEW = "## 一、总则\n\n1. 先读后播。\n\n2. 不得转让账号。\n"
READ = w.AcceptDocument(read_s=90, was_shown_to_end=True)


def opened(rig: Rig) -> OpenDocument:
    found = rig.desk.state.documents.opened
    assert found is not None
    return found


def number(rig: Rig) -> int:
    version = opened(rig).version
    return version.number if version is not None else 0


def code(rig: Rig) -> str:
    trouble = opened(rig).trouble
    return trouble.code if trouble is not None else ""


def test_the_version_to_accept_is_opened_and_accepted() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.publish(LIVE, OLD)
        rig.platform.publish(LIVE, NEW)
        rig.platform.publish(LIVE, NEW + "\n3. 以后的事。\n", is_later=True)
        await rig.signed_in()
        await rig.do(w.OpenDocuments(), w.ReadDocument(LIVE))
        found = opened(rig)
        assert (found.phase, number(rig), found.needs_acceptance) == (LoadPhase.READY, 2, True)
        assert found.document == parse(NEW)
        assert [one.number for one in found.versions] == [3, 2, 1]
        before = rig.platform.calls.count("onboarding")
        await rig.do(READ)
        assert not opened(rig).needs_acceptance
        assert [one.number for one in rig.desk.state.documents.acceptances] == [2]
        assert rig.platform.mine.accepted[0].client_version
        assert rig.platform.calls.count("onboarding") == before + 1
        # Nothing is to be accepted now: the one in force is opened.
        await rig.do(w.ReadDocument(LIVE))
        assert (number(rig), opened(rig).needs_acceptance) == (2, False)

    play(scene)


@pytest.mark.parametrize("is_material", [True, False])
def test_only_a_material_version_asks_again(is_material: bool) -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.publish(LIVE, OLD)
        await rig.signed_in()
        await rig.do(w.ReadDocument(LIVE), READ)
        rig.platform.publish(LIVE, NEW, is_material=is_material)
        await rig.changed("documents")
        await rig.do(w.ReadDocument(LIVE))
        assert (number(rig), opened(rig).needs_acceptance) == (2, is_material)

    play(scene)


def test_other_kinds_and_earlier_versions_ask_for_nothing() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.publish(LIVE, OLD)
        rig.platform.publish(LIVE, NEW)
        rig.platform.publish(RULES, OLD)
        await rig.signed_in()
        await rig.do(w.ReadDocument(LIVE, 1))
        assert (number(rig), opened(rig).needs_acceptance) == (1, False)
        await rig.do(w.ReadDocument(RULES))
        assert (number(rig), opened(rig).needs_acceptance) == (1, False)

    play(scene)


def test_documents_are_open_to_all() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.publish(LIVE, OLD)
        await rig.signed_in()
        await rig.do(w.SignOut(), w.OpenDocuments(), w.ReadDocument(LIVE))
        assert (opened(rig).phase, opened(rig).needs_acceptance) == (LoadPhase.READY, False)
        await rig.do(READ)
        assert code(rig) == "not_signed_in"
        # Signed in, what is open is to be accepted.
        await rig.do(w.AskCode("13800138000"), w.SignIn("13800138000", "246810"))
        assert opened(rig).needs_acceptance

    play(scene)


def test_what_only_will_be_in_force_is_the_newest_and_needs_nothing() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.publish(RULES, OLD, is_later=True)
        await rig.signed_in()
        await rig.do(w.ReadDocument(RULES))
        assert number(rig) == 1
        await rig.do(w.ReadDocument(DocumentKind.PRIVACY_POLICY))
        assert (opened(rig).phase, code(rig)) == (LoadPhase.FAILED, "not_found")

    play(scene)


@pytest.mark.parametrize("is_list_wrong", [True, False])
def test_a_text_that_is_not_what_its_hash_names_is_not_shown(is_list_wrong: bool) -> None:
    async def scene(rig: Rig) -> None:
        version = rig.platform.publish(LIVE, OLD)
        forged = {"sha256": "0" * 64} if is_list_wrong else {"text": OLD.replace("先读", "不读")}
        await rig.signed_in()
        if is_list_wrong:
            other = version.model_copy(update=forged)

            async def versions(_: DocumentKind) -> list[object]:
                return [other]

            rig.platform.versions = versions  # type: ignore[method-assign, assignment]
        else:
            rig.platform.published[LIVE] = [version.model_copy(update=forged)]
        await rig.do(w.ReadDocument(LIVE))
        assert (opened(rig).phase, code(rig), opened(rig).document) == (LoadPhase.FAILED, "hash_mismatch", None)

    play(scene)


def test_comparing_shows_both_and_the_latest_wish_wins() -> None:
    async def scene(rig: Rig) -> None:
        for text in (OLD, NEW, NEW + "\n3. 又一条。\n"):
            rig.platform.publish(LIVE, text)
        await rig.signed_in()
        await rig.do(w.ReadDocument(LIVE))
        rig.platform.hold["version-1"] = asyncio.Event()
        await rig.do(w.CompareDocument(1))
        assert opened(rig).is_comparing
        await rig.do(w.CompareDocument(2))
        rig.platform.hold.pop("version-1").set()
        await settle()
        found = opened(rig)
        assert found.compared_with is not None
        assert found.comparison is not None
        assert (found.compared_with.number, found.comparison.added_count, found.is_comparing) == (2, 1, False)
        assert found.old_document == parse(NEW)
        await rig.do(w.CompareDocument(0))
        assert (opened(rig).comparison, opened(rig).compared_with, opened(rig).document) == (
            None, None, found.document,
        )  # fmt: skip

    play(scene)


def test_a_comparison_that_fails_keeps_the_text_and_says_why() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.publish(LIVE, OLD)
        rig.platform.publish(LIVE, NEW)
        await rig.signed_in()
        await rig.do(w.ReadDocument(LIVE))
        rig.platform.fail["version"] = PlatformError("platform_unreachable")
        await rig.do(w.CompareDocument(1))
        assert (opened(rig).is_comparing, opened(rig).phase, code(rig)) == (
            False, LoadPhase.READY, "platform_unreachable",
        )  # fmt: skip

    play(scene)


def test_another_document_is_wished_before_the_first_is_there() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.publish(LIVE, OLD)
        rig.platform.publish(RULES, NEW)
        rig.platform.publish(RULES, OLD)
        await rig.signed_in()
        rig.platform.hold["version-1"] = asyncio.Event()
        await rig.do(w.ReadDocument(LIVE), w.ReadDocument(RULES, 2))
        rig.platform.hold.pop("version-1").set()
        await settle()
        assert (opened(rig).kind, number(rig)) == (RULES, 2)

    play(scene)


# ---- accepting -------------------------------------------------------------------------------------


def test_what_was_not_shown_to_its_end_is_not_accepted() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.publish(LIVE, OLD)
        await rig.signed_in()
        await rig.do(w.ReadDocument(LIVE), w.AcceptDocument(3, was_shown_to_end=False))
        assert (code(rig), rig.platform.mine.accepted) == ("not_shown_to_end", [])

    play(scene)


def test_a_newer_version_in_force_is_opened_instead_and_said_so() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.publish(LIVE, OLD)
        await rig.signed_in()
        await rig.do(w.ReadDocument(LIVE))
        rig.platform.publish(LIVE, NEW)
        await rig.do(READ)
        assert (number(rig), opened(rig).needs_acceptance, code(rig)) == (2, True, "version_superseded")
        assert rig.platform.mine.accepted == []
        await rig.do(READ)
        assert [one.number for one in rig.platform.mine.accepted] == [2]
        assert code(rig) == ""

    play(scene)


def test_without_the_service_the_reader_stays_and_accepting_can_be_tried_again() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.publish(LIVE, OLD)
        await rig.signed_in()
        await rig.do(w.ReadDocument(LIVE))
        rig.platform.fail["accept"] = PlatformError("platform_unreachable")
        await rig.do(READ)
        found = opened(rig)
        assert found.trouble is not None
        assert (found.trouble.action, found.document, found.is_accepting) == ("retry", parse(OLD), False)
        # The service has it, and its answer is lost: once more makes no second one.
        rig.platform.fail.clear()
        rig.platform.lose.add("accept")
        await rig.do(READ)
        rig.platform.lose.clear()
        await rig.do(READ)
        assert len(rig.platform.mine.accepted) == 1
        assert not opened(rig).needs_acceptance

    play(scene)


def test_declining_signs_out_and_changes_nothing() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.publish(LIVE, OLD)
        await rig.signed_in()
        await rig.do(w.ReadDocument(LIVE), w.DeclineDocument())
        assert rig.desk.state.account.phase is AccountPhase.SIGNED_OUT
        assert rig.platform.mine.accepted == []
        assert rig.desk.state.documents.opened is None

    play(scene)


def test_on_air_nobody_is_signed_out_by_declining() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.publish(LIVE, OLD)
        await rig.on_air()
        await rig.do(w.DeclineDocument())
        assert rig.desk.state.notices[-1].trouble.code == "busy_on_air"
        await rig.do(w.ReadDocument(LIVE), w.DeclineDocument())
        assert code(rig) == "busy_on_air"
        assert rig.desk.state.account.phase is AccountPhase.SIGNED_IN
        assert rig.platform.ended == []

    play(scene)
