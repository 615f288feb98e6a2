"""Reports and complaints on the operator's desk: the queue, one with its transcript and proofs, and the decision."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from server.store.models import AccountRow
from tests.contract.server.applicants import OTHER_PHONE
from tests.contract.server.kit import Desk, sign_in
from tests.contract.server.operator_browser import OperatorBrowser, error_of
from tests.contract.server.report_kit import Talk, complaint_of, messages_to, mine, open_talk

pytestmark = pytest.mark.slow

HAN = re.compile(r"[\u4e00-\u9fff]+")


@pytest.fixture
def browser(desk: Desk) -> OperatorBrowser:
    return OperatorBrowser(desk).enrol()


@pytest.fixture
def talk(desk: Desk) -> Talk:
    return open_talk(desk)


def page_of(report_id: str) -> str:
    return f"/desk/reports/{report_id}"


def test_a_report_is_read_taken_and_decided_for_all_who_made_it(
    desk: Desk, browser: OperatorBrowser, talk: Talk
) -> None:
    before = talk.say(talk.viewer(3), "<b>之前</b>说的")
    rude = talk.say(talk.viewer(1), "你真笨")
    talk.moderate("delete_message", message_id=rude)
    first = talk.reported(talk.viewer(2), "message", rude, text="<script>骂人</script>", evidence=[before])
    second = talk.reported(talk.viewer(3), "message", rude)
    queue = browser.get("/desk/reports").text
    assert "1 项待处理" in queue
    assert "2 人举报" in queue
    shown = browser.get(page_of(first)).text
    for words in (
        "你真笨", "&lt;b&gt;之前&lt;/b&gt;说的", "&lt;script&gt;骂人&lt;/script&gt;", "当时已隐藏", "选为证据",
        'id="reported"',
        f'href="/desk/measures/new?account={talk.viewer(1).account_id}&amp;session={talk.id}&amp;report={page_of(first).rpartition("/")[2]}"',
        f'href="/desk/measures?show=all&amp;about={talk.viewer(1).account_id}"', page_of(second),
    ):  # fmt: skip
        assert words in shown, words
    assert "/desk/live#" not in shown, "there is nothing to cut off"
    assert "/uphold" not in shown, "it was not taken yet"
    assert browser.submit(page_of(first), f"{page_of(first)}/take").status_code == 303
    assert mine(talk.viewer(2))[0]["state"] == "taken"
    uphold = f"{page_of(first)}/uphold"
    wrong = browser.submit(page_of(first), uphold, answer=" ")
    assert (wrong.status_code, "答复" in error_of(wrong)) == (422, True)
    reply = browser.submit(page_of(first), uphold, answer="已禁言处理", others="true")
    assert reply.headers["location"] == f"{page_of(first)}?done=report_upheld"
    for number in (2, 3):
        assert (mine(talk.viewer(number))[0]["state"], mine(talk.viewer(number))[0]["answer"]) == (
            "upheld",
            "已禁言处理",
        )
        assert messages_to(talk.viewer(number))[0]["kind"] == "report_upheld"
    assert "没有举报" in browser.get("/desk/reports").text
    handled = browser.get("/desk/reports?show=handled").text
    assert page_of(first) in handled or page_of(second) in handled, "one line for both"
    assert "已禁言处理" in browser.get(page_of(first)).text
    record = browser.get("/desk/audit?family=report").text
    assert {"受理举报", "举报成立"} <= set(re.findall(r"<td>([^<]*)</td>", record))


def test_a_target_shows_what_nobody_took_and_what_somebody_looks_at(
    desk: Desk, browser: OperatorBrowser, talk: Talk
) -> None:
    rude = talk.say(talk.viewer(1), "你真笨")
    first = talk.reported(talk.viewer(2), "message", rude)

    def pills() -> list[str]:
        listed = browser.get("/desk/reports").text.partition('class="detail')[0]
        return re.findall(r'class="pill [^"]*">([^<]*)<', listed.partition('class="list"')[2])

    assert pills() == ["待受理"]
    assert browser.submit(page_of(first), f"{page_of(first)}/take").status_code == 303
    assert pills() == ["处理中"]
    second = talk.reported(talk.viewer(3), "message", rude)
    talk.reported(talk.viewer(4), "message", rude)
    assert pills() == ["2 待处理 · 1 处理中"]
    assert browser.submit(page_of(second), f"{page_of(second)}/take").status_code == 303
    assert pills() == ["1 待处理 · 2 处理中"]
    assert browser.submit(page_of(second), f"{page_of(second)}/dismiss", answer="没有违规").status_code == 303
    assert pills() == ["1 待处理 · 1 处理中"], "what is decided counts no more"


def test_from_a_report_a_measure_is_taken_and_what_runs_is_cut_off(
    desk: Desk, browser: OperatorBrowser, talk: Talk
) -> None:
    desk.go_live(talk.anchor, talk.id)
    report_id = talk.reported(talk.viewer(1), "session", talk.id)
    shown = browser.get(page_of(report_id)).text
    assert f'href="/desk/live#session-{talk.id}"' in shown
    assert f'href="/desk/anchors/{talk.anchor.account_id}"' in shown
    assert f'id="session-{talk.id}"' in browser.get("/desk/live").text
    link = re.search(r'href="(/desk/measures/new[^"]*)"', shown)
    assert link is not None
    assert "简历怎么写" in browser.get(link[1].replace("&amp;", "&")).text
    assert browser.submit(page_of(report_id), f"{page_of(report_id)}/take").status_code == 303
    reply = browser.submit(page_of(report_id), f"{page_of(report_id)}/dismiss", answer="没有违规")
    assert reply.status_code == 303
    assert messages_to(talk.viewer(1))[0]["params"]["comment"] == "没有违规"


def test_a_complaint_is_opened_with_a_reason_and_decided(desk: Desk, browser: OperatorBrowser) -> None:
    person = sign_in(desk.client, OTHER_PHONE)
    complaint_id = complaint_of(person, description="<i>整本</i>被朗读").json()["id"]
    page = f"/desk/complaints/{complaint_id}"
    assert "1 件待处理" in browser.get("/desk/complaints").text
    shown = browser.get(page).text
    for secret in ("启航出版社", "13700137001", "被朗读", "live.example.org", "/proofs/"):
        assert secret not in shown, secret
    no_reason = browser.submit(page, f"{page}/open", identity_reason=" ")
    assert (no_reason.status_code, "启航出版社" in no_reason.text) == (422, False)
    opened = browser.submit(page, f"{page}/open", identity_reason="核对权属")
    assert opened.status_code == 200
    for words in (
        "启航出版社",
        "13700137001",
        "&lt;i&gt;整本&lt;/i&gt;被朗读",
        "https://live.example.org/s/1",
        "身份证明",
    ):
        assert words in opened.text, words
    assert 'href="https://live.example.org' not in opened.text, "strangers' links are text"
    assert "no-store" in opened.headers["cache-control"]
    pictures = re.findall(r'src="([^"]*/proofs/[^"]*)"', opened.text)
    assert len(pictures) == 2
    for one in pictures:
        reply = browser.get(one)
        assert (reply.status_code, reply.headers["content-type"]) == (200, "image/jpeg")
        assert reply.headers["cache-control"] == "private, no-store"
    assert "启航出版社" not in browser.get(page).text, "loaded anew it is hidden"
    desk.clock.advance(15 * 60)
    assert browser.get(pictures[0]).status_code == 403
    assert "查看投诉材料" in browser.get("/desk/audit?family=complaint").text
    assert browser.submit(page, f"{page}/take").status_code == 303
    assert browser.submit(page, f"{page}/uphold", answer="已下架").status_code == 303
    again = sign_in(desk.client, OTHER_PHONE)
    assert again.get("/me/complaints").json()[0]["answer"] == "已下架"
    assert complaint_id in browser.get("/desk/complaints?show=handled").text


def test_the_pages_are_for_operators_and_odd_addresses_lead_nowhere(
    desk: Desk, browser: OperatorBrowser, talk: Talk
) -> None:
    nobody = OperatorBrowser(desk)
    for family in ("reports", "complaints"):
        for path in (f"/desk/{family}", f"/desk/{family}/{'0' * 16}", f"/desk/{family}/a/proofs/b"):
            assert nobody.get(path).headers["location"] == "/desk/sign-in"
        assert browser.get(f"/desk/{family}/{'0' * 16}").status_code == 404
        for odd in ("show=x", "page=1000"):
            assert browser.get(f"/desk/{family}?{odd}").status_code == 200
    rude = talk.say(talk.viewer(1), "你真笨")
    report_id = talk.reported(talk.viewer(2), "message", rude)
    plain = browser.post(f"{page_of(report_id)}/take", {})
    assert (plain.status_code, mine(talk.viewer(2))[0]["state"]) == (403, "open"), "a form without its token"


def test_the_pages_speak_english(desk: Desk, browser: OperatorBrowser, talk: Talk) -> None:
    rude = talk.say(talk.viewer(1), "rude")
    report_id = talk.reported(talk.viewer(2), "message", rude, text="words")
    complaint_id = complaint_of(sign_in(desk.client, OTHER_PHONE)).json()["id"]
    nicknames = desk.read(lambda db: list(db.scalars(select(AccountRow.nickname))))
    names = {part for name in [*nicknames, "简历怎么写"] for part in HAN.findall(name)}
    for path in (page_of(report_id), f"/desk/complaints/{complaint_id}", "/desk/reports", "/desk/complaints"):
        text = browser.get(f"{path}?lang=en").text
        body = text.partition("<main")[2].partition("</main>")[0]
        assert set(HAN.findall(body)) <= names, path
