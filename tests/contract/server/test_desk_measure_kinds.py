"""Deleting, refusing, reporting and telling at the operator's desk: what is offered, ticked, shown and said."""

from __future__ import annotations

import re

import pytest

from server.images import review
from server.measures.views import NEUTRAL_TITLE
from server.store.models import AccountRow
from tests.contract.server.applicants import Applicant, second_operator, write
from tests.contract.server.kit import Desk
from tests.contract.server.measures_kit import WISH, mine, planned
from tests.contract.server.operator_browser import OperatorBrowser, error_of
from tests.contract.server.report_kit import PHONES, Talk, open_talk

pytestmark = pytest.mark.slow

NEW = "/desk/measures/new"
TICKED = re.compile(r'name="piece\.([^"]+)" value="1" checked')
SHOWN = re.compile(r'name="piece\.([^"]+)" value="1"')
HAN = re.compile(r"[\u4e00-\u9fff]+")


@pytest.fixture
def browser(desk: Desk) -> OperatorBrowser:
    return OperatorBrowser(desk).enrol()


@pytest.fixture
def talk(desk: Desk) -> Talk:
    return open_talk(desk)


def take(browser: OperatorBrowser, form: str, **typed: str) -> str:
    """The page of the measure."""
    reply = browser.submit(form, NEW, **{"rule": "6", "reason": "辱骂他人", "evidence": "", **typed})
    assert reply.status_code == 303, error_of(reply)
    return str(reply.headers["location"].partition("?")[0])


def test_a_report_leads_to_deleting_with_what_was_reported_ticked(
    desk: Desk, browser: OperatorBrowser, talk: Talk
) -> None:
    rude = Applicant(desk, talk.viewer(1), PHONES[1])
    bad, worse, kept = (talk.say(rude.signed, text) for text in ("<b>坏话</b>", "更坏的话", "一句好话"))
    foreign = talk.say(talk.viewer(2), "别人的话")
    report_id = talk.reported(talk.viewer(3), "message", bad, evidence=[worse, foreign])
    page = browser.get(f"/desk/reports/{report_id}").text
    links = [one.replace("&amp;", "&") for one in re.findall(rf'href="({NEW}[^"]*)"', page)]
    assert len(links) == 2
    form = next(one for one in links if one.endswith("&kind=deletion"))
    shown = browser.get(form).text
    assert '<option value="deletion" selected>' in shown
    assert set(TICKED.findall(shown)) == {f"message:{bad}", f"message:{worse}"}
    assert f"message:{kept}" in SHOWN.findall(shown)
    assert f"message:{foreign}" not in SHOWN.findall(shown), "what others wrote is deleted as a measure against them"
    assert "&lt;b&gt;坏话&lt;/b&gt;" in shown
    measure = take(browser, form, kind="deletion", **{f"piece.message:{one}": "1" for one in (bad, worse)})
    history = [one["text"] for one in desk.client.get(f"/api/v1/sessions/{talk.id}/messages").json()]
    assert history == ["一句好话", "别人的话"]
    told = browser.get(measure).text
    for words in ("删除内容", "&lt;b&gt;坏话&lt;/b&gt;", "更坏的话", "删除的内容（2）", "直到解除为止"):
        assert words in told, words
    again = browser.get(form).text
    assert f"message:{bad}" not in SHOWN.findall(again), "what is deleted is not offered again"
    assert "更坏的话" in browser.get(f"/desk/reports/{report_id}").text, "the transcript keeps it for the desk"


def test_what_a_person_wrote_their_title_and_cover_are_offered_from_their_page(
    desk: Desk, browser: OperatorBrowser, anchor: Applicant, talk: Talk
) -> None:
    image_id = str(anchor.upload("cover").json()["id"])
    cipher = desk.services.cipher
    write(desk, lambda tx: review.approve(tx, second_operator(tx, cipher), image_id))
    session_id = planned(desk, anchor, cover_image_id=image_id)
    said = talk.say(anchor.signed, "在别人那里说的")
    assert SHOWN.findall(browser.get(f"{NEW}?account={anchor.id}").text) == [f"message:{said}"]
    form = f"{NEW}?account={anchor.id}&session={session_id}"
    assert SHOWN.findall(browser.get(form).text) == [f"title:{session_id}", f"cover:{session_id}"]
    reply = browser.submit(form, NEW, kind="deletion", rule="6", reason="写好的原因", evidence="")
    assert (reply.status_code, "写好的原因" in reply.text) == (422, True), "nothing was chosen"
    assert f"title:{session_id}" in SHOWN.findall(reply.text), "and what there is is offered again"
    ticked = {f"piece.title:{session_id}": "1", f"piece.cover:{session_id}": "1"}
    wrong = browser.submit(form, NEW, kind="deletion", rule="", reason="原因", evidence="", **ticked)
    assert set(TICKED.findall(wrong.text)) == {f"title:{session_id}", f"cover:{session_id}"}, "what was ticked stays"
    take(browser, form, kind="deletion", **ticked, piece_ids=f"{said}\n")
    public = desk.client.get(f"/api/v1/sessions/{session_id}").json()
    assert (public["title"], public["cover_image_id"]) == (NEUTRAL_TITLE, "")
    assert desk.client.get(f"/api/v1/sessions/{talk.id}/messages").json() == []
    assert len(mine(anchor)[0]["pieces"]) == 3


def test_a_planned_session_is_refused_from_the_anchors_page(
    desk: Desk, browser: OperatorBrowser, anchor: Applicant
) -> None:
    assert '<option value="refusal"' not in browser.get(f"{NEW}?account={anchor.id}").text, "nothing is planned"
    session_id = planned(desk, anchor)
    form = f"{NEW}?account={anchor.id}"
    shown = browser.get(form).text
    assert '<option value="refusal"' in shown
    assert f'<option value="{session_id}">{WISH["title"]} · ' in shown
    reply = browser.submit(form, NEW, kind="refusal", rule="7", reason="标题是招聘广告", evidence="")
    assert reply.status_code == 422, "it has to be said which"
    page = take(browser, form, kind="refusal", session_id=session_id)
    assert desk.state(session_id) == "ended"
    assert "拒绝发布" in browser.get(page).text
    assert browser.submit(page, f"{page}/lift", reason="已修改").status_code == 303
    assert anchor.kinds()[-1] == "measure_lifted"
    assert "session_put_back" in anchor.kinds()


def test_a_report_to_the_authorities_waits_to_be_told(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    form = f"{NEW}?account={anchor.id}"
    said = {"kind": "authorities", "authority": "某市网信办", "reference": "网信〔2026〕8 号"}
    wrong = browser.submit(form, NEW, rule="1", reason="违法", evidence="", **{**said, "reported": "2099-01-01T00:00"})
    assert (wrong.status_code, "某市网信办" in wrong.text) == (422, True)
    page = take(browser, form, **said, reported="2020-01-05T10:30")
    shown = browser.get(page).text
    for words in ("报告主管部门", "某市网信办", "网信〔2026〕8 号", "2020-01-05 10:30", "尚未告知", "告知对方"):
        assert words in shown, words
    assert mine(anchor) == []
    assert page in browser.get("/desk/measures?show=untold").text
    assert browser.submit(page, f"{page}/tell").status_code == 303
    assert mine(anchor)[0]["report"]["authority"] == "某市网信办"
    shown = browser.get(page).text
    assert ("尚未告知" in shown.partition("<main")[2].partition('class="detail"')[2], "告知对方" in shown) == (
        False, False,
    )  # fmt: skip
    assert page not in browser.get("/desk/measures?show=untold").text
    assert "告知处理" in browser.get("/desk/audit?family=measure").text


def test_the_notice_is_chosen_where_the_kind_allows_it(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    form = f"{NEW}?account={anchor.id}"
    reply = browser.submit(form, NEW, kind="warning", rule="6", reason="原因", evidence="", notice="later")
    assert reply.status_code == 422
    take(browser, form, kind="limit_gifts", notice="later")
    assert mine(anchor) == []
    take(browser, form, kind="authorities", authority="某市网信办", notice="now")
    assert [one["kind"] for one in mine(anchor)] == ["authorities"]


def test_the_pages_speak_english(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    session_id = planned(desk, anchor)
    said = {"kind": "authorities", "authority": "Office", "reference": "8", "reason": "rude"}
    pages = [take(browser, f"{NEW}?account={anchor.id}", **said)]
    form = f"{NEW}?account={anchor.id}&session={session_id}"
    pages.append(take(browser, form, kind="deletion", reason="rude", **{f"piece.title:{session_id}": "1"}))
    name = desk.read(lambda db: db.get_one(AccountRow, anchor.id).nickname)
    kept = {*HAN.findall(name), *HAN.findall(NEUTRAL_TITLE), *HAN.findall(WISH["title"])}
    for path in (*pages, form, "/desk/measures?show=untold"):
        text = browser.get(f"{path}{'&' if '?' in path else '?'}lang=en").text
        body = re.sub(r"运营\w*", "", text.partition("<main")[2].partition("</main>")[0])
        assert {part for part in HAN.findall(body) if part not in kept} <= {"演示运营", "主播台", "平台"}, path
