"""The lines of a text file, without what is no part of the text: page numbers, running heads, links. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.documents.marks import is_lone


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NO_WIDTH = dict.fromkeys(
    (
        *range(9), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), 0xAD, 0x61C, 0x180E,
        *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xD800, 0xE000),
        *range(0xFE00, 0xFE10), 0xFEFF, *range(0xFFF9, 0x10000),
    )
)  # fmt: skip
_SPACES = {
    **dict.fromkeys((0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x1680), " "),
    0x09: "    ",
    **dict.fromkeys(map(ord, "\x0b\x85\u2028\u2029\r"), "\n"),
    # PDF shows radicals for the characters they look like.
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)},
}
_PAGE_NUMBER = re.compile(
    r"(?:[-–—~·•=_*|\s]*)(?:"
    r"第\s*[\d一二三四五六七八九十]+\s*页(?:\s*[,，/／|]?\s*[(（]?\s*共\s*\d+\s*页[)）]?)?"
    r"|共\s*\d+\s*页\s*[,，/／|]?\s*第\s*\d+\s*页"
    r"|\d{1,4}\s*[/／]\s*\d{1,4}(?:\s*页)?|page\s*\d+(?:\s*(?:of|/)\s*\d+)?|p\.?\s*\d{1,4}|页码?\s*[:：]?\s*\d{1,4}"
    r"|\d{1,4}\s*页"
    r")(?:[-–—~·•=_*|\s]*)",
    re.IGNORECASE,
)
_HEAD_WITH_PAGE = re.compile(
    r"[^，。；]{1,40}[\s·|｜—–-]+第\s*\d+\s*页(?:\s*[,，/／|]?\s*共\s*\d+\s*页)?|第\s*\d+\s*页[\s·|｜—–-]+[^，。；]{1,40}"
)
_DECORATED_NUMBER = re.compile(r"[-–—~·•=_]+\s*\d{1,4}\s*[-–—~·•=_]+")
_UNIT = re.compile(r"[年月日天周个元万亿%％小时分秒次名人岁条款项级倍场种]")
_BARE_NUMBER = re.compile(r"\d{1,3}")
_DASHES = r"[-–—=_*~～─━═\s]*"
_RULE = re.compile(rf"[-–—=_*~～·.。…•─━═\s]{{3,}}|{_DASHES}(?:分页符?|本页完|以下空白|续上页|接上页|转下页){_DASHES}")
_URL = r"(?:https?://|www\.|file://)[^\s\u4e00-\u9fff，。；）】》]+"
_LINK = re.compile(rf"[<\[(（【]?\s*{_URL}(?:\s+{_URL})*\s*[>\])）】]?(?:\s+\d+\s*/\s*\d+)?", re.IGNORECASE)
_LABELLED_LINK = re.compile(
    r"[\[【(（]?\s*(?:原文|本文|本页|来源|转自|转载自|分享|复制|当前|网页|查看|阅读|下载)"
    rf"[^，。；]{{0,8}}?[:：\s]\s*{_URL}\s*[\]】)）]?",
    re.IGNORECASE,
)
_LEADS_TO_LINK = re.compile(
    r"(?:[:：（(“《<]|见|址|链接|访问|登录|登陆|网站|官网|页面|平台|为|至|到|在|即|是|或|及|与|和|进入|打开|输入|点击|通过)$"
)
_LEADS_TO_BUTTON = re.compile(r"(?:点击|选择|按下?|通过|进行|或者?|和|与|及|使用|完成|进入|在|“|「|【|（|、|，|：)$")
_NAVIGATION = words(
    """
    返回顶部 回到顶部 返回首页 返回上页 返回上一页 返回列表 返回目录 置顶 打印本页 打印此页 打印本文 关闭窗口 关闭本页
    关闭页面 分享到 分享至 收藏本页 加入收藏 设为首页 上一页 下一页 上一篇 下一篇 上一条 下一条 尾页 末页 点击查看更多
    查看更多 查看全文 展开全文 阅读全文 复制链接 复制本文链接 字体 字号 放大 缩小 帮助中心 联系客服 在线客服 意见反馈
    网站地图 下载pdf 下载全文 导出pdf 登录/注册 免费注册 扫码下载 扫码关注 微信扫一扫 手机版 电脑版 客户端下载 app下载
    下载app 下载客户端 加载中 加载更多 top backtotop back print close share home next prev previous qq空间 朋友圈
    快速导航 无障碍 关怀版
    """
)
_BUTTONS = words(
    """
    返回 打印 关闭 分享 转发 收藏 首页 展开 收起 更多 复制 大 中 小 下载 导出 保存 登录 注册 扫一扫 客户端 刷新 微信
    微博 举报 评论 点赞 顶部 简体 繁体 english 中文
    """
)
_NAVIGATION_PARTS = re.compile(r"[\s|｜/·>＞»«<＜\[\]【】()（）「」↑▲△^→←↓▼:：,，、…-]+")
_NAVIGATION_LINE = re.compile(
    r"(?:当前位置|您的位置|您现在的位置|所在位置)\s*[:：].*[>＞»/].*|(?:首页|主页|.{0,4}中心)\s*[>＞»].{1,50}"
    r"|(?:版权所有(?=[\s©:：\d]|$)|copyright|©|\(c\)).{0,60}|.{0,40}(?:ICP备|ICP证|公网安备)\s*\d.{0,30}"
    r"|.{0,4}扫描?(?:上方|下方|左侧|右侧)?二维码(?:下载|关注|查看|添加|安装)[^，。；]{0,12}"
    r"|(?:浏览|阅读|点击|访问)(?:次数|量|数)?\s*[:：]\s*\d+.{0,20}|(?:责任)?编辑\s*[:：]\s*\S{1,6}|打印时间\s*[:：].*",
    re.IGNORECASE,
)
_CONTENTS_TITLE = re.compile(r"目\s*录|contents", re.IGNORECASE)
_MARK = r"(?:【|[\d一二三四五六七八九十百]+\s*[、.．)）]|第[\d一二三四五六七八九十百]+\s*[章节条编])"
_CONTENTS_LINE = re.compile(rf".{{1,40}}?\s*(?:[.．·…。_-]\s*){{3,}}\s*\d{{1,4}}|{_MARK}.{{1,40}}?\s{{3,}}\d{{1,3}}")
_TITLE = re.compile(
    r".*(?:协议|政策|规则|声明|须知|条款|指引|公约|规范|办法|说明|通知|制度|细则|守则|告知书?|承诺书?|手册|指南|标准|约定|合同|公告)"
    r"(?:[（(].{1,20}[）)])?"
)
_STARTS_A_BLOCK = re.compile(rf"{_MARK}|[\[［〖(（①-⑳]")
_ENDS_A_SENTENCE = "。！？；：!?;:"
MAX_HEAD_CHARS = 50
MIN_HEADS = 3
MAX_TITLE_LINE = 2


@dataclass(slots=True)
class Line:
    """``text`` is stripped; ``indent`` is the space before it in columns (``indent_signs``: in characters), ``gap`` the
    empty lines.

    ``is_after_page``: a page began, or something was taken out, between the line before and this one.
    """

    text: str
    indent: int = 0
    indent_signs: int = 0
    gap: int = 0
    is_after_page: bool = False
    has_space_after: bool = False


def read_lines(text: str) -> list[Line]:
    """The lines that say something, in order."""
    text = text.replace("\r\n", "\n").translate(_NO_WIDTH).translate(_SPACES)
    lines: list[Line] = []
    gap, is_after_page = 0, False
    for raw in unicodedata.normalize("NFC", text).replace("\f", "\n\f").split("\n"):
        if raw.startswith("\f"):
            is_after_page = True
        whole = raw.lstrip("\f")
        stripped = whole.strip()
        if not stripped:
            # The break before a form feed is our own.
            gap += not raw.startswith("\f")
            continue
        before = whole[: len(whole) - len(whole.lstrip())]
        columns = len(before) + before.count("\u3000")
        stripped = stripped.replace("\u3000", "  ")
        lines.append(Line(stripped, columns, len(before), gap, is_after_page, whole[-1] == " "))
        gap, is_after_page = 0, False
    return _without(lines, _strays(lines))


def is_document_title(text: str) -> bool:
    """Whether it ends like the name of an agreement or of rules."""
    return bool(_TITLE.fullmatch(text)) and len(text) <= MAX_HEAD_CHARS and not any(sign in text for sign in "，。；：")


def _without(lines: Sequence[Line], strays: set[int]) -> list[Line]:
    kept: list[Line] = []
    is_after_page = False
    for place, line in enumerate(lines):
        if place in strays:
            is_after_page = True
        else:
            line.is_after_page = line.is_after_page or is_after_page
            kept.append(line)
            is_after_page = False
    return kept


def _strays(lines: Sequence[Line]) -> set[int]:
    strays = {place for place in range(len(lines)) if _is_stray(lines, place)}
    strays |= _bare_numbers(lines, strays)
    strays |= _contents(lines, strays)
    return strays | _running_heads(lines, strays)


def _is_stray(lines: Sequence[Line], place: int) -> bool:
    text = lines[place].text
    if len(text) > 160:
        return False
    if _PAGE_NUMBER.fullmatch(text) or _DECORATED_NUMBER.fullmatch(text) or _RULE.fullmatch(text):
        return True
    if _HEAD_WITH_PAGE.fullmatch(text) and not _STARTS_A_BLOCK.match(text.removeprefix("第")):
        return True
    if _LINK.fullmatch(text):
        before = lines[place - 1].text if place else ""
        after = lines[place + 1].text if place + 1 < len(lines) else ""
        is_led_to = _LEADS_TO_LINK.search(before) and not is_lone(before)
        return not (is_led_to or after[:1] in tuple("，。；、）)》”,;"))
    parts = {part.lower() for part in _NAVIGATION_PARTS.split(text) if part}
    if parts <= _NAVIGATION | _BUTTONS:
        is_led_to = place > 0 and bool(_LEADS_TO_BUTTON.search(lines[place - 1].text[-8:]))
        # 【注册】 alone is the title of a clause.
        is_title = len(parts) == 1 and text[0] in "【［〖"
        is_text = parts <= _BUTTONS and (is_led_to or is_title)
        return bool(parts) and text[-1] not in "，、：" and not is_text
    return bool(_LABELLED_LINK.fullmatch(text) or _NAVIGATION_LINE.fullmatch(text))


def _bare_numbers(lines: Sequence[Line], strays: set[int]) -> set[int]:
    """Numbers alone on a line that count on from page to page, stand at a page's edge, or follow a whole sentence."""
    places = [place for place, line in enumerate(lines) if _BARE_NUMBER.fullmatch(line.text) and place not in strays]
    runs: list[list[int]] = []
    for place in places:
        if runs and int(lines[place].text) == int(lines[runs[-1][-1]].text) + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    found: set[int] = set()
    for run in runs:
        for place in run:
            after = lines[place + 1] if place + 1 < len(lines) else None
            is_at_edge = not place or after is None or after.is_after_page or lines[place].is_after_page
            # 18 and 周岁 may stand on two lines.
            is_counted = len(run) >= MIN_HEADS or (len(run) > 1 and after and not _UNIT.match(after.text))
            if is_at_edge or is_counted or lines[place - 1].text[-1] in _ENDS_A_SENTENCE:
                found.add(place)
    return found


def _contents(lines: Sequence[Line], strays: set[int]) -> set[int]:
    """A table of contents: lines that end in a page's number, or under 目录 those that all come again."""
    found = {place for place, line in enumerate(lines) if _CONTENTS_LINE.fullmatch(line.text)}
    if len(found) < MIN_HEADS:
        found = set()
    places: dict[str, list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        places[line.text].append(place)
    end = 0
    for place, line in enumerate(lines):
        if place < end or not _CONTENTS_TITLE.fullmatch(line.text):
            continue
        end = place + 1
        while end < len(lines) and (end in found or end in strays or places[lines[end].text][-1] > end):
            end += 1
        # The first line of the text itself is its own last one: it ended the search.
        if end > place + 2:
            found |= set(range(place, end))
    return found


def _running_heads(lines: Sequence[Line], strays: set[int]) -> set[int]:
    """Short lines that come again and again, the same but for their digits: at the edges of pages, or a title."""
    kept = [place for place in range(len(lines)) if place not in strays]
    groups: dict[str, list[int]] = defaultdict(list)
    for order, place in enumerate(kept):
        text = lines[place].text
        if len(text) <= MAX_HEAD_CHARS and text[-1] not in _ENDS_A_SENTENCE and not _STARTS_A_BLOCK.match(text):
            groups[re.sub(r"\s+", "", re.sub(r"\d+", "#", text))].append(order)
    found: set[int] = set()
    for orders in groups.values():
        places = [kept[order] for order in orders]
        text = lines[places[0]].text
        edge_count = sum(_is_at_edge(lines, strays, place) for place in places)
        is_title = is_document_title(text) and len({"".join(lines[place].text.split()) for place in places}) == 1
        is_first = is_title and orders[0] <= MAX_TITLE_LINE
        if len(places) < 2 or not (is_first or edge_count >= 2 or (is_title and len(places) >= MIN_HEADS)):
            continue
        # The title itself stays, unless it is the head of a page on which the title follows.
        follower = lines[places[0] + 1].text if places[0] + 1 < len(lines) else ""
        found |= set(places[1:] if is_first and text not in follower else places)
    return found


def _is_at_edge(lines: Sequence[Line], strays: set[int], place: int) -> bool:
    is_before = place + 1 < len(lines) and (place + 1 in strays or lines[place + 1].is_after_page)
    return place == 0 or lines[place].is_after_page or place - 1 in strays or is_before
