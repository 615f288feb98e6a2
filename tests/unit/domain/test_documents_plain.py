"""Text files as the world writes them, and the documents that they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.documents.canonical import parse, write
from app.domain.documents.model import Block, BlockKind
from app.domain.documents.plain import read_plain

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "documents"
LONG = "平台根据法律的规定和业务的需要制定规则，主播应当遵守。"


def read(text: str) -> list[str]:
    return write(read_plain(text)).rstrip("\n").split("\n\n") if text.strip() else []


def wrapped(text: str, width: int, between: str = "\n") -> str:
    return between.join(text[at : at + width] for at in range(0, len(text), width))


@pytest.mark.parametrize("name", sorted(path.stem for path in FIXTURES.glob("*.txt")))
def test_the_ugly_files_are_read_as_expected(name: str) -> None:
    text = (FIXTURES / f"{name}.txt").read_bytes().decode("utf-8")
    expected = parse((FIXTURES / f"{name}.expected.md").read_text(encoding="utf-8"))
    found = read_plain(text)
    assert [_told(block) for block in found.blocks] == [_told(block) for block in expected.blocks]


def _told(block: Block) -> tuple[BlockKind, str, int, str]:
    return block.kind, block.number, block.level, "".join(block.text.split())


@given(
    st.text(
        st.sampled_from("一二、第章条（1）(2)1.2.①【】。，；：\n\n\n　 \f主播平台aB3/页-http://w.·目录返回顶部"),
        max_size=120,
    )
)
def test_anything_is_read_and_can_be_written(text: str) -> None:
    document = read_plain(text)
    assert parse(write(document)) == document


def test_nothing_is_lost_but_strays() -> None:
    text = "\n".join(wrapped(LONG * 3, 20) for _ in range(6))
    assert "".join("".join(block) for block in read(text)) == text.replace("\n", "")


def test_lines_that_go_on_by_their_words_and_lines_of_any_length() -> None:
    whole = LONG * 8
    assert read(f"{whole}\n但平台另有规定的除外。\n{whole}") == [whole, "但平台另有规定的除外。", whole]


def test_a_bullet_without_text_stays() -> None:
    assert read(f"{LONG}\n\ue001\n{LONG}") == [LONG, "\ue001", LONG]


def test_an_empty_file_has_no_blocks() -> None:
    assert read_plain("").blocks == read_plain("\ufeff \n\n\f\n返回顶部\n").blocks == ()


@pytest.mark.parametrize("between", ["\n", "\n\n", "\n\n\n", "\r\n"])
def test_wrapped_lines_are_joined_whatever_stands_between_them(between: str) -> None:
    paragraphs = [f"{sign}方应当遵守本协议。{LONG}{LONG}如有违反，应承担责任。" for sign in "甲乙丙丁"]
    assert read(between.join(wrapped(paragraph, 23, between) for paragraph in paragraphs)) == paragraphs


def test_whole_lines_are_paragraphs_and_what_cannot_end_goes_on() -> None:
    text = f"公告\n{LONG}{LONG}\n联系方式\n{LONG}{LONG * 2}\n申请人应当提交身份证明、\n学历证明。\n{LONG}\n"
    assert read(text) == ["公告", LONG * 2, "联系方式", LONG * 3, "申请人应当提交身份证明、学历证明。", LONG]


SENTENCE = "平台根据法律的规定和业务的需要制定本规则并公布，"


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (("有效期至20", "26 年底，"), "有效期至2026 年底，"),
        (("请使用WeC", "hat登录，"), "请使用WeChat登录，"),
        (("请使用 Google", "Analytics 统计，"), "请使用 Google Analytics 统计，"),
        (("请阅读 Terms of", "Service 全文，"), "请阅读 Terms of Service 全文，"),
        (("请看 Open Broadcaster Soft", "ware 的说明，"), "请看 Open Broadcaster Software 的说明，"),
        (("请看 user's", "guide 的说明，"), "请看 user's guide 的说明，"),
        (("发送邮件到 service@anchor", "desk.example 即可，"), "发送邮件到 service@anchordesk.example 即可，"),
        (("详见 https://www.anchordesk.ex", "ample/rules 页面，"), "详见 https://www.anchordesk.example/rules 页面，"),
        (("奖励为1,", "000元，"), "奖励为1,000元，"),
        (("奖励为3.", "14元，"), "奖励为3.14元，"),
        (("内容包括 text,", "video 等，"), "内容包括 text, video 等，"),
        (("主播  ", "　　应当"), "主播应当"),
        (("主播，  平台", "。　观众"), "主播，平台。观众"),
        (("iPhone ", "15 手机，"), "iPhone15 手机，"),
        (("live ", "streaming 直播，"), "live streaming 直播，"),
    ],
)
def test_what_a_line_end_cut_is_whole_again(lines: tuple[str, str], joined: str) -> None:
    body = wrapped(SENTENCE * 8, 20)
    assert joined in "".join(read(f"{body}\n{lines[0]}\n{lines[1]}\n{body}。"))


STRAYS = [
    "第 3 页 共 12 页",
    "第3页",
    "- 3 -",
    "— 3 —",
    "3/12",
    "Page 3 of 12",
    "页码：3",
    "===== 第 2 页 =====",
    "------",
    "* * *",
    "返回顶部",
    "【打印本页】 【关闭窗口】",
    "上一篇 | 下一篇",
    "分享到：微信 微博",
    "字体：大 中 小",
    "当前位置：首页 > 规则",
    "首页 > 帮助中心",
    "https://www.anchordesk.example/a?b=1",
    "原文链接：https://www.anchordesk.example/a",
    "浏览次数：1024",
    "Copyright © 2026 AnchorDesk",
    "粤ICP备00000000号",
    "打印时间：2026-01-01",
    "扫描二维码下载客户端",
    "—— 本页完 ——",
    "直播协议 · 第 3 页",
    "<https://www.anchordesk.example>",
]


@pytest.mark.parametrize("stray", STRAYS)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_what_is_no_text_is_taken_out_of_the_middle_of_a_sentence(stray: str, gap: str) -> None:
    lines = wrapped(LONG * 4, 25).split("\n")
    lines.insert(2, stray)
    assert read(gap.join(lines)) == [LONG * 4]


@pytest.mark.parametrize(
    "text",
    [
        "更多规则请访问\nhttps://www.anchordesk.example/rules\n，并以页面公布的为准。",
        "更多规则请看：\nhttps://www.anchordesk.example/rules",
        "不同意的，请点击\n【关闭】\n并退出页面。",
    ],
)
def test_a_link_or_a_button_that_a_sentence_leads_to_stays(text: str) -> None:
    assert read(text) == [text.replace("\n", "")]


VARIED = "".join(
    f"第{number * 7}种情形由平台根据规则处理，主播应当配合，并在{number * 13}日内答复。" for number in range(20)
)


def pages(count: int, head: str, foot: str, feed: str = "") -> str:
    body = wrapped(VARIED, 30).split("\n")
    size = len(body) // count + 1
    made = []
    for page in range(count):
        lines = [head.format(page + 1)] if head else []
        made += [
            f"{feed}\n" if feed else "",
            *lines,
            *body[page * size : (page + 1) * size],
            *([foot.format(page + 1)] if foot else []),
        ]
    return "\n".join(made)


@pytest.mark.parametrize(
    ("head", "foot", "feed"),
    [("", "{}", ""), ("内部资料 第{}版", "{}/9", ""), ("规则中心资料", "", "\f"), ("", "AnchorDesk 规则中心", "\f")],
)
def test_heads_and_feet_of_pages_are_taken_out(head: str, foot: str, feed: str) -> None:
    assert read(pages(4, head, foot, feed)) == [VARIED]


def test_the_title_stays_where_it_stands_first() -> None:
    text = pages(4, "直播服务协议", "", "\f")
    assert read(text) == ["直播服务协议", VARIED]
    assert read(text.replace("直播服务协议", "直播服务协议\n直播服务协议（2026版）", 1)) == [
        "直播服务协议（2026版）",
        VARIED,
    ]


def test_numbers_alone_that_are_no_pages_stay() -> None:
    assert read(f"{SENTENCE}奖励为\n300\n元。") == [f"{SENTENCE}奖励为300元。"]
    assert read(f"{LONG}\n7\n{LONG}") == [LONG, LONG]
    assert read(f"3\n{LONG}") == [LONG]
    assert read(f"{SENTENCE}须满\n18\n周岁，并且在\n19\n日内提交。") == [f"{SENTENCE}须满18周岁，并且在19日内提交。"]


def test_a_table_of_contents_is_left_out() -> None:
    body = f"一、总则\n{LONG}\n二、规则\n{LONG}\n三、附则\n{LONG}"
    plain = f"目　录\n一、总则\n二、规则\n三、附则\n{body}"
    dotted = f"目录\n一、总则……………………1\n二、规则……………………2\n三、附则……………………3\n{body}"
    spaced = f"一、总则      1\n二、规则      2\n三、附则      3\n{body}"
    assert read(plain) == read(dotted) == read(spaced) == read(body)
    assert read(f"目录\n{body}")[0] == "目录"
    assert read(f"礼物名称      1\n{body}")[0] == "礼物名称 1"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("一、总则", ["## 一、总则"]),
        ("一、 总　则", ["## 一、总则"]),
        ("　　一．总则", ["## 一．总则"]),
        ("一、\n\n总则", ["## 一、总则"]),
        ("第一章　总则", ["## 第一章 总则"]),
        ("第1章总则", ["## 第1章 总则"]),
        ("第一条 定义", ["## 第一条 定义"]),
        ("第一章 总则\n第一条 定义", ["## 第一章 总则", "### 第一条 定义"]),
        ("第一章 总则\n一、定义", ["## 第一章 总则", "### 一、定义"]),
        ("【实名认证】", ["### 实名认证"]),
        ("【 实名\n认证 】", ["### 实名认证"]),
        ("［实名认证］", ["### 实名认证"]),
        ("〖实名认证〗：", ["### 实名认证"]),
        (f"【实名认证】{LONG}", ["### 实名认证", LONG]),
        ("二十一、其他", ["## 二十一、其他"]),
        (f"一、{LONG}", [f"一、{LONG}"]),
        (f"第一条 {LONG}", [f"第一条 {LONG}"]),
        ("第一条 主播应当遵守下列原则：", ["第一条 主播应当遵守下列原则："]),
        (f"一、总则　　{LONG}", ["## 一、总则", LONG]),
        (f"一、总则 1.1 {LONG}", ["## 一、总则", f"1.1 {LONG}"]),
        ("【我的】页面展示您的收益。", ["【我的】页面展示您的收益。"]),
        ("【】空的括号。", ["【】空的括号。"]),
        ("【注册】", ["### 注册"]),
        ("一、总则\n，这里缺了半句话，它不属于标题。", ["## 一、总则", "，这里缺了半句话，它不属于标题。"]),
        ("二、主播的权利\n与义务", ["## 二、主播的权利与义务"]),
        ("三、Cooki\ne和同类技术", ["## 三、Cookie和同类技术"]),
        (f"（一）{LONG}\n（二）{LONG}", [f"（一）{LONG}", f"（二）{LONG}"]),
        (f"a) {LONG}\nb) {LONG}", [f"a) {LONG}", f"b) {LONG}"]),
        (f"● {LONG}\n- {LONG}", [LONG, LONG]),
        ("1.1 范围\n1.2 期限\n2.1 费用", ["1.1 范围", "1.2 期限", "2.1 费用"]),
        ("一二三、连在一起的数字不是章", ["一二三、连在一起的数字不是章"]),
        ("百、不是章", ["百、不是章"]),
    ],
)
def test_titles(lines: str, told: list[str]) -> None:
    assert read(f"{LONG}\n\n{lines}\n\n{LONG}{LONG}") == [LONG, *told, LONG * 2]


def test_a_long_title_is_put_together_and_a_wrapped_sentence_is_none() -> None:
    body = wrapped(f"{LONG * 3}", 16)
    title = "一、平台对主播违反规则的行为所采取的处理措施"
    assert f"## {title}" in read(f"{body}\n{wrapped(title, 16)}\n{body}")
    clause = "一、主播违反本规则的平台可以按照情节的轻重依次采取警告和暂停等措施"
    assert clause + "。" in read(f"{body}\n{wrapped(clause + '。', 16)}\n{body}")


@pytest.mark.parametrize(
    "form", ["{0}.{1}", "{0}、{1}", "{0}．{1}", "（{0}）{1}", "({0}) {1}", "{0}）{1}", "{0}.\n{1}", "({0})\n{1}"]
)
def test_items_in_all_shapes(form: str) -> None:
    items = "\n".join(form.format(number, f"{LONG}{sign}") for number, sign in enumerate("甲乙丙", 1))
    assert read(f"包括：\n{items}") == ["包括：", f"1. {LONG}甲", f"2. {LONG}乙", f"3. {LONG}丙"]


def test_the_head_of_an_agreement_is_lines_of_their_own() -> None:
    head = ["　　　　直播服务协议", "版本号：3.2", "生效日期：2026年3月1日"]
    body = wrapped(VARIED, 26)
    assert read("\n".join([*head, body])) == ["直播服务协议", "版本号：3.2", "生效日期：2026年3月1日", VARIED]
    assert read(f"{body}\n【设置】\n页面列出全部授权。")[-1].endswith("【设置】页面列出全部授权。")


def test_items_nest_count_on_and_begin_again() -> None:
    text = """一、范围
包括：
1、直播，包括：
（1）个人直播，即：
①求职直播；
②教学直播；
（2）机构直播；
3. 连麦；
4）回放。
其他说明如下：
1. 第一点；
2. 第二点。
【期限】
3. 第三点。
（1）其一；
（2）其二。
"""
    assert read(text) == [
        "## 一、范围",
        "包括：",
        "1. 直播，包括：",
        "   1. 个人直播，即：",
        "      1. 求职直播；",
        "      2. 教学直播；",
        "   2. 机构直播；",
        "3. 连麦；",
        "4. 回放。",
        "其他说明如下：",
        "1. 第一点；",
        "2. 第二点。",
        "### 期限",
        "3. 第三点。",
        "   1. 其一；",
        "   2. 其二。",
    ]


def test_circled_numbers_and_a_list_deeper_than_can_be_written() -> None:
    assert read("包括：\n①直播；\n②回放。") == ["包括：", "1. 直播；", "2. 回放。"]
    assert read("①") == ["①"]


@pytest.mark.parametrize(
    "cut",
    [
        "合计超过\n2. 5 万元的，",
        "合计超过\n2.5 万元的，",
        "如第\n一、二款所述的情形，",
        "按照\n第三条的规定，",
        "前述\n（一）项所述的情形，",
        "自2025年起至\n2026. 1 月止，",
        "请点击\n【同意】\n按钮继续，",
        "主播须年满\n18\n周岁，",
        "请下载\nAnchorDesk\n的客户端，",
        "客服邮箱：\nservice@anchordesk.example，",
        "请在\n【我的】-【设置】中查看，",
        "比例为\n3.14 左右，",
        "适用第\n2、3项规定，",
        "数量为3至\n5、6个，",
        "第\n十、十一条另有约定的，",
        "其中包括\n1、2两项，",
    ],
)
def test_a_sentence_that_happens_to_begin_a_line_with_a_number_goes_on(cut: str) -> None:
    body = wrapped(SENTENCE * 6, 20)
    whole = read(f"{body}\n{cut}\n{body}。")
    assert len(whole) == 1
    assert cut.replace("\n", "").replace(" ", "") in whole[0].replace(" ", "")


def test_a_skipped_number_is_one_where_a_paragraph_begins() -> None:
    assert read(f"1. {LONG}\n3. {LONG}\n9. {LONG}") == [f"1. {LONG}", f"3. {LONG}", f"9. {LONG}"]
