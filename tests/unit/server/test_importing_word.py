"""What is read of Word files, and which of them are not unpacked at all."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from server.documents.importing import Imported, read_file
from server.documents.word_numbers import shown
from server.errors import Refusal
from tests.unit.server.test_importing import TEXT


def saved(document: Any) -> bytes:
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def list_definition(document: Any, *levels: tuple[str, str]) -> str:
    """A numbered list of Word with a format and a text for each level; its id."""
    numbering = document.part.numbering_part.element
    abstract = OxmlElement("w:abstractNum")
    abstract.set(qn("w:abstractNumId"), "77")
    for at, (style, text) in enumerate(levels):
        level = OxmlElement("w:lvl")
        level.set(qn("w:ilvl"), str(at))
        for name, value in (("start", "1"), ("numFmt", style), ("lvlText", text)):
            part = OxmlElement(f"w:{name}")
            part.set(qn("w:val"), value)
            level.append(part)
        abstract.append(level)
    numbering.insert(0, abstract)
    number = OxmlElement("w:num")
    number.set(qn("w:numId"), "77")
    reference = OxmlElement("w:abstractNumId")
    reference.set(qn("w:val"), "77")
    number.append(reference)
    numbering.append(number)
    return "77"


def put_in_list(paragraph: Any, num_id: str, level: int) -> None:
    properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_ilvl().val = level
    properties.get_or_add_numId().val = int(num_id)


def test_word_with_styles_and_typed_numbers() -> None:
    document = docx.Document()
    document.add_heading("直播协议", 0)
    document.add_heading("一、总则", 1)
    document.add_heading("适用范围", 2)
    paragraph = document.add_paragraph("本协议适用于")
    paragraph.add_run("全部主播").bold = True
    paragraph.add_run("，包括个人和机构。")
    for line in ("1. 年满十八周岁；", "2. 完成实名认证：", "（1）身份证；", "（2）人脸。"):
        document.add_paragraph(line)
    document.add_heading("二、附则", 1)
    document.add_paragraph("自发布之日起施行。")
    found = read_file("协议.docx", saved(document))
    assert (found.text, found.title, found.format) == (TEXT, "直播协议", "docx")


def test_word_counts_what_is_not_in_the_text() -> None:
    document = docx.Document()
    chapters = list_definition(document, ("chineseCounting", "%1、"), ("decimal", "%2."), ("lowerLetter", "%3)"))
    for text, level in (
        ("总则", 0),
        ("年满十八周岁；", 1),
        ("完成认证：", 1),
        ("身份证；", 2),
        ("附则", 0),
        ("施行。", 1),
    ):
        put_in_list(document.add_paragraph(text), chapters, level)
    assert read_file("a.docx", saved(document)).text == (
        "## 一、总则\n\n1. 年满十八周岁；\n\n2. 完成认证：\n\na)身份证；\n\n## 二、附则\n\n1. 施行。\n"
    )


def test_word_takes_what_was_inserted_and_leaves_what_was_deleted() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("结算周期为")
    for tag, text in (("w:del", "一周"), ("w:ins", "一个月")):
        change = OxmlElement(tag)
        run = OxmlElement("w:r")
        content = OxmlElement("w:t" if tag == "w:ins" else "w:delText")
        content.text = text
        run.append(content)
        change.append(run)
        paragraph._p.append(change)
    paragraph.add_run("。")
    hidden = document.add_paragraph().add_run("看不见")
    hidden.font.hidden = True
    document.sections[0].header.paragraphs[0].text = "页眉"
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "甲", "乙"
    contents = document.styles.add_style("toc 1", WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("一、总则 …… 1", style=contents)
    found = read_file("a.docx", saved(document))
    assert found.text == "结算周期为一个月。\n\n甲；乙\n"
    assert [(one.code, one.line) for one in found.findings] == [("table", 3)]


def test_word_tables_are_read_once_and_layout_keeps_its_paragraphs() -> None:
    document = docx.Document()
    layout = document.add_table(1, 2)
    cell = layout.cell(0, 0)
    cell.text = "一、总则"
    cell.add_paragraph("第一段。")
    cell.add_paragraph("第二段。")
    figures = document.add_table(2, 2)
    for (row, column), text in {(0, 0): "项目", (0, 1): "比例", (1, 0): "礼物"}.items():
        figures.cell(row, column).text = text
    figures.cell(1, 1).add_table(1, 1).cell(0, 0).text = "70%"
    assert read_file("a.docx", saved(document)).text == (
        "## 一、总则\n\n第一段。\n\n第二段。\n\n项目；比例\n\n礼物；70%\n"
    )


def test_words_in_a_text_box_of_word_are_told_of() -> None:
    document = docx.Document()
    run = document.add_paragraph("正文。").runs[0]._r
    box, inner, part, text = (OxmlElement(f"w:{name}") for name in ("txbxContent", "p", "r", "t"))
    text.text = "框里的话"
    part.append(text)
    inner.append(part)
    box.append(inner)
    picture = OxmlElement("w:drawing")
    picture.append(box)
    run.append(picture)
    found = read_file("a.docx", saved(document))
    assert (found.text, [one.code for one in found.findings]) == ("正文。\n", ["text_box"])


def packed(**entries: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries.items():
            file.writestr(name.replace("__", "/"), data)
    return held.getvalue()


def reason_of(content: bytes) -> Any:
    with pytest.raises(Refusal) as refused:
        read_file("a.docx", content)
    return refused.value.wire_detail["reason"]


def test_word_files_that_would_unpack_to_too_much_are_not_unpacked() -> None:
    assert reason_of(packed(word__document=bytes(80 * 1024 * 1024))) == "docx_too_large"
    assert reason_of(packed(**{f"a{at}": b"" for at in range(4000)})) == "docx_too_large"
    assert reason_of(packed(a=b"x")) == "docx_broken"


def test_a_word_file_with_macros_or_of_another_program_is_refused() -> None:
    content = saved(docx.Document())
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(held, "w") as after:
        for entry in before.infolist():
            data = before.read(entry).replace(
                b"wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml"
            )
            after.writestr(entry.filename, data)
    assert reason_of(held.getvalue()) == "not_docx"


def test_entities_are_not_multiplied() -> None:
    content = saved(docx.Document())
    bomb = b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 1000 + b'"><!ENTITY b "' + b"&a;" * 1000 + b'">'
    bomb += b'<!ENTITY c "' + b"&b;" * 1000 + b'">]>'
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(held, "w") as after:
        for entry in before.infolist():
            data = before.read(entry)
            if entry.filename == "word/document.xml":
                head, _, rest = data.partition(b"?>")
                data = (
                    head
                    + b"?>"
                    + bomb
                    + rest.replace(b"<w:sectPr", b"<w:p><w:r><w:t>x&c;y</w:t></w:r></w:p><w:sectPr", 1)
                )
            after.writestr(entry.filename, data)
    try:
        found: Imported | None = read_file("a.docx", held.getvalue())
    except Refusal:
        found = None
    assert found is None or len(found.text) < 100


@pytest.mark.parametrize(
    ("number", "style", "expected"),
    [
        (1, "chineseCounting", "一"), (10, "chineseCounting", "十"), (21, "japaneseCounting", "二十一"),
        (3, "lowerLetter", "c"), (4, "lowerRoman", "iv"), (19, "upperRoman", "XIX"), (2, "decimalEnclosedCircle", "②"),
        (200, "chineseCounting", "200"), (30, "lowerLetter", "30"), (7, "unheardOf", "7"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_word_writes_them(number: int, style: str, expected: str) -> None:
    assert shown(number, style) == expected
