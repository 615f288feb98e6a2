"""Documents at the operator's desk: importing a file, mending and comparing the draft, publishing it."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import docx
import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import DatabaseError

from server.documents.publishing import day_of
from tests.contract.server.applicants import applicant, write
from tests.contract.server.kit import Desk, sign_in
from tests.contract.server.operator_browser import OperatorBrowser, error_of

pytestmark = pytest.mark.slow

DOCUMENTS = "/desk/documents"
TYPED = """直播协议
一、总则
【适用范围】
本协议适用于全部主播。
1. 年满十八周岁；
2. 完成实名认证。
二、附则
自发布之日起施行。
"""
MARKED = """# 直播协议

## 一、总则

### 适用范围

本协议适用于全部主播。

1. 年满十八周岁；
2. 完成实名认证。

## 二、附则

自发布之日起施行。
"""
UGLY = """直播协议

一、总则

　　【适用范围】本协议适用于在平台上直

播的全部主播，包括个人和机构。

1. 主播应当年满十八周岁；

2. 主播应当完成实名认证。

第 1 页

二、附则

　　本协议自发布之日起施行。
"""


@pytest.fixture
def browser(desk: Desk) -> OperatorBrowser:
    return OperatorBrowser(desk).enrol()


def tomorrow(desk: Desk) -> str:
    return (day_of(round(desk.clock.utc().timestamp() * 1000)) + timedelta(days=1)).isoformat()


def import_(browser: OperatorBrowser, name: str, content: bytes, kind: str = "live_agreement") -> Any:
    return browser.submit(DOCUMENTS, f"{DOCUMENTS}/import", {"file": (name, content)}, kind=kind)


def draft_of(reply: Any) -> str:
    assert reply.status_code == 303, error_of(reply)
    return str(reply.headers["location"]).partition("?")[0]


def facts(desk: Desk, text: str, **changes: str) -> dict[str, str]:
    return {
        "kind": "live_agreement",
        "title": "直播协议",
        "text": text,
        "changes": "结算更快\n规则更清楚",
        "is_material": "yes",
        "effective_on": tomorrow(desk),
        "action": "publish",
        **changes,
    }


def text_in(page: Any) -> str:
    found = re.search(r'class="source"[^>]*>(.*?)</textarea>', page.text, re.DOTALL)
    assert found is not None
    return found[1]


def word(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def test_a_file_is_imported_mended_compared_and_published(desk: Desk, browser: OperatorBrowser) -> None:
    anchor = sign_in(desk.client)
    assert anchor.get("/me/onboarding").json()["may_broadcast"]
    draft = draft_of(import_(browser, "直播协议（终稿）.txt", UGLY.encode("gb18030")))
    page = browser.get(draft)
    assert text_in(page).splitlines()[:5] == [
        "## 一、总则",
        "",
        "### 适用范围",
        "",
        "本协议适用于在平台上直播的全部主播，包括个人和机构。",
    ]
    assert "GB18030" in page.text
    assert "直播协议（终稿）.txt" in page.text
    assert "<h2>一、总则</h2>" in page.text

    mended = text_in(page).replace("本协议适用于", "**本协议**适用于") + "\n1. 另有约定的除外。\n"
    assert browser.submit(draft, draft, **facts(desk, mended)).headers["location"] == f"{draft}/publish"
    compared = browser.get(f"{draft}?compare=2&changes=true").text
    assert "删除" in compared
    assert "<ins>" in compared
    before = browser.get(f"{draft}/publish")
    sha256 = re.search(r"<code>([0-9a-f]{64})</code>", before.text)
    assert sha256 is not None
    assert "需要重新同意" in before.text or "重新同意" in before.text
    assert browser.submit(f"{draft}/publish", f"{draft}/publish", reason=" ").status_code == 422
    done = browser.submit(f"{draft}/publish", f"{draft}/publish", reason="年度修订")
    assert done.headers["location"].startswith(f"{DOCUMENTS}/live_agreement/3")

    upcoming = anchor.get("/documents").json()[0]["upcoming"]
    assert (upcoming["number"], upcoming["sha256"], upcoming["changes"]) == (3, sha256[1], ["结算更快", "规则更清楚"])
    assert anchor.get("/me/inbox").json()["messages"][0]["kind"] == "document_material"
    # Not in force yet: nothing is asked for again today, and tomorrow it is.
    assert anchor.get("/me/onboarding").json()["may_broadcast"]
    desk.clock.advance(24 * 3600)
    anchor = sign_in(desk.client)
    assert anchor.get("/me/onboarding").json()["missing"] == "agreement_outdated"
    assert browser.get(draft).headers.get("location") == "/desk/sign-in"
    assert ("document.published", "live_agreement.3", "年度修订") in desk.audited()


def test_every_format_gives_the_same_document(browser: OperatorBrowser) -> None:
    lines = [
        "直播协议",
        "一、总则",
        "【适用范围】",
        "本协议适用于全部主播。",
        "1. 年满十八周岁；",
        "2. 完成实名认证。",
        "二、附则",
        "自发布之日起施行。",
    ]
    files = {
        "a.txt": "\r\n\r\n".join(lines).encode("utf-8-sig"),
        "a.md": MARKED.encode(),
        "a.html": "".join(f"<p>{line}</p>" for line in lines).encode("gb18030"),
        "a.docx": word(*lines),
    }
    texts = {name: text_in(browser.get(draft_of(import_(browser, name, content)))) for name, content in files.items()}
    assert len(set(texts.values())) == 1, texts
    assert texts["a.txt"].startswith("## 一、总则\n\n### 适用范围\n\n本协议")


UNREADABLE = (
    ("a.txt", b" \n ", "空的"),
    ("a.exe", b"MZ\x90", "不认识"),
    ("a.pdf", b"%PDF-1.7 ...", "PDF"),
    ("a.doc", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "旧版 Word"),
    ("a.docx", b"PK\x03\x04 broken", "损坏"),
    ("a.docx", b"plain", "损坏"),
    ("a.html", b"<script>alert(1)</script>", "没有文字"),
    ("a.html", b"<div>" * 5000 + b"x", "嵌套"),
)


def test_what_cannot_be_imported_is_refused_with_what_to_do(browser: OperatorBrowser) -> None:
    for name, content, words in UNREADABLE:
        reply = import_(browser, name, content)
        assert reply.status_code == 422
        assert words in error_of(reply), name
    assert "drafts/" not in browser.get(DOCUMENTS).text


def test_bombs_are_not_unpacked(browser: OperatorBrowser) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"\0" * (200 * 1024 * 1024))
    assert len(held.getvalue()) < 400_000
    reply = import_(browser, "a.docx", held.getvalue())
    assert (reply.status_code, "太大" in error_of(reply)) == (422, True)
    entities = (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(9))
        + "]><html><body><p>&j;</p></body></html>"
    )
    reply = import_(browser, "a.html", entities.encode())
    if reply.status_code == 303:
        assert len(text_in(browser.get(draft_of(reply)))) < 1000


def test_ten_megabytes_are_refused(browser: OperatorBrowser) -> None:
    reply = import_(browser, "a.txt", "协议".encode() * 1_700_000)
    assert reply.status_code == 413
    assert "drafts/" not in browser.get(DOCUMENTS).text


def test_scripts_in_names_and_texts_are_words(browser: OperatorBrowser) -> None:
    script = "<script>alert(1)</script>"
    draft = draft_of(import_(browser, f"../../{script}.txt", f"一、总则\n\n{script}\n\n[x](javascript:alert)".encode()))
    page = browser.get(draft).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="javascript' not in page


def test_a_draft_that_somebody_else_saved_is_not_overwritten(desk: Desk, browser: OperatorBrowser) -> None:
    draft = draft_of(browser.submit(DOCUMENTS, f"{DOCUMENTS}/drafts"))
    mine = browser.hidden(draft, draft)
    assert browser.submit(draft, draft, **facts(desk, "第一个人。\n", action="save")).status_code == 303
    late = browser.post(draft, {**mine, **facts(desk, "第二个人写了很久。\n", action="save")})
    assert late.status_code == 409
    assert text_in(late) == "第二个人写了很久。\n"
    assert "第一个人" in text_in(browser.get(draft))


def test_what_is_faulty_or_has_no_day_is_not_published(desk: Desk, browser: OperatorBrowser) -> None:
    draft = draft_of(browser.submit(DOCUMENTS, f"{DOCUMENTS}/drafts"))
    for changes, words in (({"text": "**没有成对\n"}, "第 1 行"), ({"effective_on": ""}, "还没有选择")):
        browser.submit(draft, draft, **{**facts(desk, "好的文字。\n"), **changes})
        page = browser.get(f"{draft}/publish")
        assert words in page.text
        assert 'class="button primary" disabled' in page.text
        assert browser.submit(f"{draft}/publish", f"{draft}/publish", reason="x").status_code == 422
    odd = browser.submit(draft, draft, **facts(desk, "好。\n", effective_on="2026-13-45"))
    assert odd.status_code == 422
    past = facts(desk, "好的文字。\n", effective_on="2020-01-01")
    browser.submit(draft, draft, **past)
    refused = browser.submit(f"{draft}/publish", f"{draft}/publish", reason="x")
    assert (refused.status_code, "生效日期不能用" in error_of(refused)) == (422, True)
    assert browser.submit(draft, f"{draft}/drop").status_code == 303
    assert browser.get(draft).status_code == 404


def test_a_published_version_never_changes(desk: Desk, browser: OperatorBrowser) -> None:
    for statement in (
        "UPDATE document_versions SET text = 'x'",
        "UPDATE document_versions SET is_material = true",
        "DELETE FROM document_versions",
    ):

        def work(tx: Any, statement: str = statement) -> None:
            with pytest.raises(DatabaseError, match="never changes"), tx.db.begin_nested():
                tx.db.execute(sql(statement))

        write(desk, work)
    page = browser.get(f"{DOCUMENTS}/live_agreement/2?compare=1").text
    assert "不会再改变" in page
    assert "<del>" in page
    assert browser.get(f"{DOCUMENTS}/live_agreement/99").status_code == 404
    assert browser.get(f"{DOCUMENTS}/nonsense/1").status_code == 404


def test_an_import_pressed_twice_makes_one_draft(browser: OperatorBrowser) -> None:
    hidden = browser.hidden(DOCUMENTS, f"{DOCUMENTS}/import")
    for _ in range(2):
        files = {"file": ("a.txt", UGLY.encode())}
        assert browser.post(f"{DOCUMENTS}/import", {**hidden, "kind": "live_agreement"}, files).status_code == 303
    assert len(set(re.findall(r"/desk/documents/drafts/([0-9a-f]+)", browser.get(DOCUMENTS).text))) == 1


def test_forms_of_one_page_do_not_get_in_each_others_way(desk: Desk, browser: OperatorBrowser) -> None:
    hidden = browser.hidden(DOCUMENTS, f"{DOCUMENTS}/drafts")
    kinds = ("live_agreement", "privacy_policy")
    made = [draft_of(browser.post(f"{DOCUMENTS}/drafts", {**hidden, "kind": kind})) for kind in kinds]
    assert len(set(made)) == 2
    browser.submit(made[0], made[0], **facts(desk, "新的一版。\n"))
    wish = {**browser.hidden(f"{made[0]}/publish", f"{made[0]}/publish"), "reason": "修订"}
    replies = [browser.post(f"{made[0]}/publish", wish) for _ in range(2)]
    assert len({reply.headers["location"] for reply in replies}) == 1
    assert len(desk.client.get("/api/v1/documents/live_agreement/versions").json()) == 3


def test_someone_who_reads_drafts_needs_the_desk(desk: Desk, browser: OperatorBrowser) -> None:
    draft = draft_of(browser.submit(DOCUMENTS, f"{DOCUMENTS}/drafts"))
    assert OperatorBrowser(desk).get(draft).headers["location"] == "/desk/sign-in"
    person = applicant(desk, has_accepted=False)
    assert person.signed.get("/documents/live_agreement/versions/3").status_code == 404
