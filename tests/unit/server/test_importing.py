"""Files as the world writes them, made the text of a draft: the same document of four formats, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.contract.errors import ErrorCode
from app.domain.documents import canonical
from app.domain.documents.model import Block, BlockKind, Document, Span
from server.documents.decoding import decode
from server.documents.importing import MAX_FILE_BYTES, read_file
from server.errors import Refusal

FIXTURES = Path(__file__).parents[2] / "fixtures" / "documents"
AGREEMENT = (FIXTURES / "live_agreement.expected.md").read_text(encoding="utf-8")
SAMPLE = Document(
    (
        Block(BlockKind.CHAPTER, (Span("一、总则"),)),
        Block(BlockKind.CLAUSE, (Span("适用范围"),)),
        Block(BlockKind.PARAGRAPH, (Span("本协议适用于"), Span("全部主播", True), Span("，包括个人和机构。"))),
        Block(BlockKind.ITEM, (Span("年满十八周岁；"),), "1"),
        Block(BlockKind.ITEM, (Span("完成实名认证："),), "2"),
        Block(BlockKind.ITEM, (Span("身份证；"),), "1", 1),
        Block(BlockKind.ITEM, (Span("人脸。"),), "2", 1),
        Block(BlockKind.CHAPTER, (Span("二、附则"),)),
        Block(BlockKind.PARAGRAPH, (Span("自发布之日起施行。"),)),
    )
)
TEXT = canonical.write(SAMPLE)


def as_html(document: Document) -> str:
    made = ["<html><head><title>x</title><style>p{}</style></head><body><h1>直播协议</h1>"]
    depth = 0
    for block in document.blocks:
        text = "".join(f"<b>{span.text}</b>" if span.is_emphasised else span.text for span in block.spans)
        wanted = block.level + 1 if block.kind is BlockKind.ITEM else 0
        made += ["<ol>"] * (wanted - depth) + ["</ol>"] * (depth - wanted)
        depth = wanted
        tag = {BlockKind.CHAPTER: "h2", BlockKind.CLAUSE: "h3", BlockKind.ITEM: "li"}.get(block.kind, "p")
        made.append(f"<{tag}{f' value={block.number}' if wanted else ''}>{text}</{tag}>")
    return "".join(made) + "</ol>" * depth


def test_our_own_form_comes_back_as_it_is() -> None:
    found = read_file("协议.md", f"# 直播协议\n\n{TEXT}".encode())
    assert (found.text, found.title, found.findings) == (TEXT, "直播协议", ())
    agreement = canonical.write(canonical.parse(AGREEMENT))
    assert read_file("a.md", f"# 协议\n\n{agreement}".encode()).text == agreement


def test_markdown_of_other_hands() -> None:
    source = (
        "# 协议\n\n## 总则\n\n第一段分成\n两行，*斜体*和**强调**。\n\n- 甲\n- 乙\n\n3) 三\n4) 四\n\n> 引用\n\n"
        "![图](a.png)\n\n|甲|乙|\n|-|-|\n|1|2|\n"
    )
    found = read_file("a.md", source.encode())
    assert found.text == (
        "## 总则\n\n第一段分成两行，斜体和**强调**。\n\n甲\n\n乙\n\n3. 三\n\n4. 四\n\n引用\n\n甲；乙\n\n1；2\n"
    )
    assert {one.code for one in found.findings} >= {"table"}


def test_html_with_structure_and_typed_by_hand() -> None:
    found = read_file("a.html", as_html(SAMPLE).encode())
    assert (found.text, found.title) == (TEXT, "直播协议")
    typed = "".join(
        f"<p class=MsoNormal>{line}</p>\r\n"
        for line in (
            "直播协议", "一、总则", "【适用范围】", "本协议适用于<b>全部主播</b>，包括个人和机构。",
            "1. 年满十八周岁；", "2. 完成实名认证：", "（1）身份证；", "（2）人脸。", "二、附则", "自发布之日起施行。",
        )
    )  # fmt: skip
    assert read_file("a.htm", typed.encode("gb18030")).text == TEXT


def test_html_leaves_out_what_is_not_of_the_text() -> None:
    source = (
        "<nav>首页 登录</nav><p style='display: none'>看不见</p><p hidden>也看不见</p><script>alert(1)</script>"
        "<p>第一句。<br>第二句。<br>没有说完，\n接着说。</p><footer>备案号</footer><p><img src=x onerror=alert(1)></p>"
        "<p>&lt;b&gt;不是标签&lt;/b&gt;</p>"
    )
    assert read_file("a.html", source.encode()).text == (
        "第一句。\n\n第二句。\n\n没有说完，接着说。\n\n<b>不是标签</b>\n"
    )


def test_a_page_that_was_laid_out_with_tables_keeps_its_paragraphs() -> None:
    source = (
        "<table><tr><td><p>一、总则</p><p>第一段。</p><p>第二段。</p></td><td></td></tr></table>"
        "<table>\n <tr>\n  <th>项目</th>\n  <th>比例</th>\n </tr>\n"
        " <tr>\n  <td><p>礼物</p></td>\n  <td>70%</td>\n </tr>\n</table>"
    )
    found = read_file("a.html", source.encode())
    assert found.text == "## 一、总则\n\n第一段。\n\n第二段。\n\n项目；比例\n\n礼物；70%\n"
    assert [(one.code, one.line) for one in found.findings] == [("table", 7), ("table", 9)]


def test_nothing_behind_a_zero_is_lost_and_lines_without_an_end_are_read_in_time() -> None:
    assert read_file("a.html", b"<p>before\x00</p><p>after</p>").text == "before\n\nafter\n"
    lines = 30_000
    assert len(read_file("a.html", b"a<br>" * lines).text) >= lines


@pytest.mark.parametrize("charset", ["gb2312", "gbk", "big5"])
def test_html_is_read_as_it_says(charset: str) -> None:
    text = "本協議自發布之日起生效" if charset == "big5" else "本协议自发布之日起生效"
    source = f"<meta charset={charset}><p>{text}。</p>".encode(charset)
    found = read_file("a.html", source)
    assert (found.text, found.findings) == (f"{text}。\n", ())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"])
def test_a_text_is_read_whatever_it_was_saved_as(encoding: str) -> None:
    text = (FIXTURES / "user_agreement.txt").read_text(encoding="utf-8")
    plain = read_file("a.txt", text.encode())
    found = read_file("a.txt", text.encode(encoding))
    assert found.text == plain.text
    guessed = [one.params["encoding"] for one in found.findings if one.code == "encoding_guessed"]
    assert guessed == ([] if encoding in {"utf-8", "utf-8-sig", "utf-16", "utf-32"} else [encoding.upper()])


def test_traditional_characters_are_told_from_simplified_ones() -> None:
    assert decode("這個協議由我們和主播訂立，為了保護雙方的權利。".encode("big5"))[1] == "big5"
    assert decode("这个协议由我们和主播订立，为了保护双方的权利。".encode("gb18030"))[1] == "gb18030"
    assert decode("协议".encode()[:-1]) == ("协", "")


def test_what_a_person_should_look_at_is_named_by_its_line() -> None:
    source = (
        f"## 一、总则\n\n## 二、权利\n\n1. 甲。\n\n3. 丙。\n\n{'很长' * 900}。\n\n"
        "#### 四级\n\n正文。\n\n### 三级\n\n正文。\n"
    )
    found = read_file("a.md", source.encode())
    lines = found.text.splitlines()
    told = {one.code: (lines[one.line - 1][:8], one.params) for one in found.findings}
    assert told["title_bare"] == ("## 一、总则", {"text": "一、总则"})
    assert told["paragraph_long"][1] == {"chars": "1801"}
    assert told["heading_deeper"][1] == {"text": "四级"}
    assert told["number_skips"] == ("3. 丙。", {"number": "3", "expected": "2"})


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "file_empty"),
        ("a.txt", b"\n\n", "file_empty"),
        ("a.bin", b"x", "format_unknown"),
        ("noname", b"x", "format_unknown"),
        ("a.doc", bytes.fromhex("d0cf11e0a1b11ae1") + b"x", "doc_old_format"),
        ("a.docx", bytes.fromhex("d0cf11e0a1b11ae1") + b"x", "doc_old_format"),
        ("a.txt", b"%PDF-1.4", "pdf"),
        ("a.docx", b"x", "docx_broken"),
        ("a.txt", b"PK\x03\x04x", "docx_broken"),
        ("a.html", b"<script>x</script>", "no_text"),
        ("a.html", b"<div>" * 4000 + b"x", "too_deep"),
        ("a.md", b"> " * 4000 + b"x", "too_deep"),
        ("a.md", b"[x]: /y", "no_text"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name(name: str, content: bytes, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_file(name, content)
    assert (refused.value.reason, refused.value.wire_detail) == (ErrorCode.DOCUMENT_INVALID, {"reason": reason})


def test_a_file_that_is_too_large_is_not_looked_at() -> None:
    with pytest.raises(Refusal, match=ErrorCode.TOO_LARGE.value):
        read_file("a.docx", b"PK\x03\x04" + bytes(MAX_FILE_BYTES))


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(["a.txt", "a.md", "a.html", "a.docx", "../../etc/passwd\x00.txt", ""]), content=st.binary())
def test_any_bytes_are_read_or_refused(name: str, content: bytes) -> None:
    try:
        found = read_file(name, content)
    except Refusal:
        return
    assert canonical.write(canonical.parse(found.text)) == found.text


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(["a.txt", "a.md", "a.html"]),
    content=st.lists(
        st.sampled_from(
            [
                "一、总则", "【标题】", "1. 甲", "**", "##", "<p>", "</p>", "<ol><li>", "<br>", "&amp;", "\n", "\n\n",
                " ", "　", "正文。", "](", "[", "`", "|",
            ]
        )
    ).map("".join),
)  # fmt: skip
def test_any_text_is_read_or_refused_and_reads_back_the_same(name: str, content: str) -> None:
    try:
        found = read_file(name, content.encode())
    except Refusal:
        return
    assert canonical.write(canonical.parse(found.text)) == found.text
