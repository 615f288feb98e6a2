"""How the lines of a wrapped paragraph become one text, and which spaces in it are none of its own. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from app.domain.documents.lines import Line, words

SIGHT_CHARS = 200
_HAN = r"\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_FULL = r"\u3000-\u303f\uff00-\uffef‘’“”…—"
_WORD = re.compile(r"[A-Za-z]+(?:[-'’][A-Za-z]+)*")
_LAST_WORD, _FIRST_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*$"), re.compile(r"[A-Za-z]+")
_ADDRESS_END = re.compile(r"(?:https?:|www\.|@|[\w.+-]+@|[/_=&?#])[\w./:@%&=?#+~-]*$|[a-z0-9]\.$")
_SPACE_OF_NONE = re.compile(rf"(?<=[{_FULL}]) +| +(?=[{_FULL}])|(?<=[{_HAN}]) (?=[{_HAN}])")
_TORN_AMOUNT = re.compile(r"(?<=[\u4e00-\u9fff\d])(\d)[.．]\s+(\d+\s*(?:[万亿]|元|[%％]))")
"""2. 5 万元: a number that was broken behind its point."""
_ARTICLE_SPACE = re.compile(r"^(第[^\s，。]{1,4}[章编节条]) +")
_WIDE_SPACE = re.compile(r" {2,}")
_COMMON = words(
    """
    a about after all also an and any app are as at be been before by can email for from has have if in
    information into is it its may more must new no not of on one only open or other our out over phone platform
    policy privacy service services shall should source such terms than that the their then there these they
    this to under up use used user users version was we web when which who will with without you your account
    agreement anchor broadcast chat content contact data live love media network online real room software
    streaming system time video voice website license copyright company limited inc ltd group technology career
    desk studio help center support team
    """
)
_NAMES = words(
    """
    wechat weibo tiktok android iphone ipad ios macos windows linux google apple huawei xiaomi oppo vivo github
    alipay paypal youtube facebook twitter linkedin bilibili cookie cookies sdk api app apps http https url
    email wifi bluetooth imei imsi oaid idfa idfv mac gps rtmp hls flv h5 vip svip pdf word excel internet
    beacon proxy javascript html token session server client cache log logs anchordesk
    """
)


def join(lines: Sequence[Line], vocabulary: frozenset[str]) -> str:
    """One text of the lines of a block."""
    parts = [lines[0].text]
    for before, line in pairwise(lines):
        # An address may have been cut more than once.
        end = (parts[-2] if len(parts) > 1 and parts[-2] != " " else "") + parts[-1]
        if _needs_space(end[-SIGHT_CHARS:], line.text[:SIGHT_CHARS], before.has_space_after, vocabulary):
            parts.append(" ")
        parts.append(line.text)
    return tidy("".join(parts))


def tidy(text: str) -> str:
    """Without spaces around full-width signs and single ones between Chinese characters; a column's gap is one."""
    text = _TORN_AMOUNT.sub(r"\1.\2", text)
    text = _ARTICLE_SPACE.sub("\\1\x00", text.strip())
    text = _SPACE_OF_NONE.sub("", _WIDE_SPACE.sub("\x00", text))
    return re.sub(rf"(?<=[{_FULL}])\x00|\x00(?=[{_FULL}])", "", text).replace("\x00", " ")


def title(text: str) -> str:
    """A heading: spaces in it only spread it out, but for the one behind 第一章."""
    text = re.sub(rf"(?<=[{_HAN}{_FULL}])\s+(?=[{_HAN}{_FULL}])", "", text.strip())
    text = re.sub(rf"(?<=[{_FULL}、.．])\s+|\s+(?=[{_FULL}])", "", text)
    return re.sub(r"^(第[^\s章编节条部]{1,4}(?:[章编节条]|部分))(?=[^\s:：、])", r"\1 ", text)


def vocabulary_of(lines: Sequence[Line]) -> frozenset[str]:
    """The Latin words that stand whole inside lines, and the usual ones."""
    found = set(_NAMES)
    for line in lines:
        for match in _WORD.finditer(line.text):
            if match.start() > 0 and match.end() < len(line.text):
                found.add(match.group().lower())
    return frozenset(found)


def _needs_space(before: str, after: str, has_space: bool, vocabulary: frozenset[str]) -> bool:
    """Whether two lines were parted at a space: between Latin words, unless it was one word."""
    last, first = before[-1], after[0]
    if not (last.isascii() and first.isascii()):
        return False
    if _ADDRESS_END.search(before) and not has_space:
        return False
    one, other = _LAST_WORD.search(before), _FIRST_WORD.match(after)
    if one and other:
        return has_space or _are_two_words(before, one.group(), other.group(), after, vocabulary)
    # "a, b" and "end. Next", but 1,000 and 3.14.
    return last in ",.;:!?)" and (first.isalpha() or first == "(")


def _are_two_words(before: str, one: str, other: str, after: str, vocabulary: frozenset[str]) -> bool:
    if (one + other).lower() in vocabulary:
        return False
    are_common = [word.lower() in _COMMON for word in (one, other)]
    are_known = [word.lower() in _COMMON | vocabulary for word in (one, other)]
    if all(are_known) or not one.isalpha():
        return True
    shorter = min(len(one), len(other))
    # A phrase of English wraps at its spaces; a single name among Chinese was cut.
    if re.search(r"[A-Za-z]+ [A-Za-z]+$", before) or re.match(r"[A-Za-z]+ [A-Za-z]+", after):
        return any(are_common) or (shorter >= 4 and other[0].isupper() == one[0].isupper())
    return shorter >= 5 and other[0].isupper()
