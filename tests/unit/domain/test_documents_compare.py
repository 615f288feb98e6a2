"""Two versions of a document: what is told of their difference leads from the one to the other, and reads well."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.documents.canonical import parse
from app.domain.documents.compare import ChangeKind, ClauseChange, Comparison, compare
from app.domain.documents.model import Block, BlockKind, Document, Span
from app.domain.documents.words import Budget, Run, RunKind, word_runs

words = st.text(st.sampled_from("甲乙丙丁，。 a1."), max_size=30)
sentences = st.sampled_from(
    [
        "主播完成实名认证后才能申请直播，填写的信息应当真实。",
        "主播完成实名认证之后才能申请直播，填写的信息应当真实、准确。",
        "回放默认对所有场次开启，主播可以隐藏。",
        "无",
        "平台按月结算。",
        "平台按月或者按周结算。",
    ]
)
blocks = st.builds(
    Block,
    st.sampled_from(BlockKind),
    st.builds(Span, sentences | words, st.booleans()).map(lambda span: (span,)),
    st.just("1"),
    st.integers(0, 1),
)
documents = st.lists(blocks, max_size=12).map(lambda made: Document(tuple(made)))


def check(old: Document, new: Document) -> Comparison:
    """What holds for every comparison."""
    told = compare(old, new)
    news = [entry.new_index for entry in told.entries if entry.new_index is not None]
    olds = [entry.old_index for entry in told.entries if entry.old_index is not None]
    still = [entry.old_index for entry in told.entries if entry.old_index is not None and entry.kind != "moved"]
    assert news == list(range(len(new.blocks)))
    assert sorted(olds) == list(range(len(old.blocks)))
    assert still == sorted(still)
    counts = dict.fromkeys(ChangeKind, 0)
    for entry in told.entries:
        counts[entry.kind] += 1
        assert (entry.old_index is None) == (entry.kind is ChangeKind.ADDED)
        assert (entry.new_index is None) == (entry.kind is ChangeKind.REMOVED)
        if entry.old_index is not None and entry.new_index is not None:
            one, other = old.blocks[entry.old_index], new.blocks[entry.new_index]
            if entry.runs:
                assert_leads(entry.runs, one.text, other.text)
            else:
                assert (one.text, one.level) == (other.text, other.level)
    assert (told.added_count, told.removed_count) == (counts[ChangeKind.ADDED], counts[ChangeKind.REMOVED])
    assert (told.changed_count, told.moved_count) == (counts[ChangeKind.CHANGED], counts[ChangeKind.MOVED])
    assert sum(clause.entry_count for clause in told.clauses) == len(told.entries) - counts[ChangeKind.SAME]
    assert told.is_same == (counts[ChangeKind.SAME] == len(told.entries))
    return told


def assert_leads(runs: tuple[Run, ...], old: str, new: str) -> None:
    assert "".join(run.text for run in runs if run.kind is not RunKind.INSERT) == old
    assert "".join(run.text for run in runs if run.kind is not RunKind.DELETE) == new
    assert all(run.text for run in runs)
    assert all(one.kind != other.kind for one, other in pairwise(runs))
    assert all((one.kind, other.kind) != (RunKind.INSERT, RunKind.DELETE) for one, other in pairwise(runs))


@given(documents, documents)
def test_entries_lead_from_old_to_new(old: Document, new: Document) -> None:
    check(old, new)


@given(documents, st.randoms())
def test_a_shuffled_version_is_told_without_loss(old: Document, chance: random.Random) -> None:
    mixed = list(old.blocks)
    chance.shuffle(mixed)
    check(old, Document(tuple(mixed)))


@given(documents)
def test_a_version_is_the_same_as_itself(document: Document) -> None:
    told = check(document, document)
    assert {entry.kind for entry in told.entries} <= {ChangeKind.SAME}


@given(words, words, st.integers(0, 200))
def test_runs_lead_from_old_to_new(old: str, new: str, steps: int) -> None:
    assert_leads(word_runs(old, new), old, new)
    budget = Budget(steps)
    assert_leads(word_runs(old, new, budget), old, new)
    assert 0 <= budget.steps <= steps


def shown(runs: tuple[Run, ...]) -> str:
    marks = {RunKind.EQUAL: "{}", RunKind.INSERT: "[+{}]", RunKind.DELETE: "[-{}]"}
    return "".join(marks[run.kind].format(run.text) for run in runs)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("结算冻结期为15天，自动到账。", "结算冻结期为7天，自动到账。", "结算冻结期为[-15][+7]天，自动到账。"),
        ("use WeChat now", "use Wechat now", "use [-WeChat][+Wechat] now"),
        ("分成比例为3.5%。", "分成比例为3.15%。", "分成比例为[-3.5][+3.15]%。"),
        ("甲方负责。乙方负责。", "甲方负责。丙方负责。乙方负责。", "甲方负责。[+丙方负责。]乙方负责。"),
        ("须真实、准确、完整。", "须真实、完整。", "须真实、[-准确、]完整。"),
        ("应当（含回放）公开。", "应当（含回放）（含连麦）公开。", "应当（含回放）[+（含连麦）]公开。"),
        ("应当准确。", "应当准确，且真实。", "应当准确[+，且真实]。"),
        ("回放默认开启。", "主播逐场选择；不选则不生成。", "[-回放默认开启。][+主播逐场选择；不选则不生成。]"),
        (
            "一二三四五六甲，七八九十乙。",
            "一二三四五六丙，七八九十丁。",
            "一二三四五六[-甲][+丙]，七八九十[-乙][+丁]。",
        ),
        ("应当提交身份证件原件。", "应当出示居民证件原件。", "应当[-提交身份][+出示居民]证件原件。"),
        ("", "", ""),
        ("", "新", "[+新]"),
        ("哈哈哈哈", "哈哈哈哈哈", "哈哈哈哈[+哈]"),
    ],
)
def test_runs_read_well(old: str, new: str, told: str) -> None:
    assert shown(word_runs(old, new)) == told


def test_a_slide_stops_within_sight() -> None:
    old = "哈" * 900
    runs = word_runs(old[:450] + "乙。" + old[450:], old[:450] + "乙。哈哈。" + old[450:])
    assert_leads(runs, old[:450] + "乙。" + old[450:], old[:450] + "乙。哈哈。" + old[450:])


def test_beyond_the_budget_phrases_are_told_and_beyond_that_the_whole() -> None:
    chance = random.Random(7)
    olds = ["".join(chance.choices("甲乙丙丁戊己", k=9)) + "，" for _ in range(60)]
    news = ["".join(chance.choices("子丑寅卯辰巳", k=9)) + "，" for _ in range(60)]
    for place in range(1, 60, 3):
        olds[place] = news[place] = f"第{place}项由平台与主播共同确认并书面记录，"
    old, new = "".join(olds), "".join(news)
    runs = word_runs(old, new)
    assert_leads(runs, old, new)
    assert {run.text for run in runs if run.kind is RunKind.EQUAL} >= set(olds) & set(news)
    assert shown(word_runs("甲一二三四乙", "甲五六七八乙", Budget(0))) == "甲[-一二三四][+五六七八]乙"


OLD = """开头说明。

## 一、总则

本协议由用户与平台订立，自发布之日起生效。

## 二、用户权利与义务

### 实名认证

主播完成实名认证后才能申请直播。

1. 身份证件在有效期内；

2. 手机号码由本人使用。

### 回放视频

回放默认对所有场次开启，主播可以在后台隐藏。

未经平台书面同意，回放不得用于其他目的。

### 旧的条款

这一条款不再适用，予以删除。

## 三、附则

平台可以修改本协议，并提前七日公布。
"""
NEW = """开头的说明。

## 一、总则

本协议由用户与平台订立，自发布之日起生效。

## 二、用户权利与义务

### 回放视频

回放默认对所有场次开启，主播可以在后台逐场隐藏。

未经平台书面同意，回放不得用于其他目的。

### 实名认证

主播完成实名认证后才能申请直播。

1. 年满十八周岁；

2. 身份证件在有效期内；

3. 手机号码由本人使用。

### 连麦规则

连麦参与者应当年满十八周岁，并同意本协议。

## 三、附则

平台可以修改本协议，**并提前七日公布。**
"""


def test_a_new_version_is_told_by_its_clauses() -> None:
    old, new = parse(OLD), parse(NEW)
    told = check(old, new)
    assert [(clause.kind, clause.chapter, clause.title) for clause in told.clauses] == [
        (ChangeKind.CHANGED, "", ""),
        (ChangeKind.CHANGED, "二、用户权利与义务", "回放视频"),
        (ChangeKind.REMOVED, "二、用户权利与义务", "旧的条款"),
        (ChangeKind.MOVED, "二、用户权利与义务", "实名认证"),
        (ChangeKind.ADDED, "二、用户权利与义务", "连麦规则"),
        (ChangeKind.CHANGED, "三、附则", "三、附则"),
    ]
    assert (told.added_count, told.removed_count, told.changed_count, told.moved_count) == (3, 2, 3, 4)
    moved = [entry for entry in told.entries if entry.kind is ChangeKind.MOVED]
    assert [new.blocks[entry.new_index or 0].text[:4] for entry in moved] == [
        "实名认证",
        "主播完成",
        "身份证件",
        "手机号码",
    ]
    changed = [shown(entry.runs) for entry in told.entries if entry.kind is ChangeKind.CHANGED]
    assert changed[1] == "回放默认对所有场次开启，主播可以在后台[+逐场]隐藏。"
    assert told.entries[-1].runs == (Run(RunKind.EQUAL, "平台可以修改本协议，并提前七日公布。"),)


def test_items_that_only_count_on_are_the_same() -> None:
    told = check(parse("1. 甲方负责。\n2. 乙方负责。"), parse("1. 丙方负责审核。\n2. 甲方负责。\n3. 乙方负责。"))
    assert [entry.kind for entry in told.entries] == [ChangeKind.ADDED, ChangeKind.SAME, ChangeKind.SAME]


def test_what_is_removed_before_all_titles_and_under_a_title_that_stays() -> None:
    told = check(parse("旧的开头说明。\n## 一、总则\n旧的一款规定。\n新旧都有。"), parse("## 一、总则\n新旧都有。"))
    assert told.clauses == (
        ClauseChange(ChangeKind.CHANGED, "", "", 0, 1),
        ClauseChange(ChangeKind.CHANGED, "一、总则", "一、总则", 2, 1),
    )


def lines(*texts: str) -> Document:
    return Document(tuple(Block(BlockKind.PARAGRAPH, (Span(text),)) for text in texts))


def test_a_paragraph_that_moved_far_and_was_changed_is_followed() -> None:
    rest = [f"第{number}段说的是{sign * 6}。" for number, sign in enumerate("甲乙丙丁戊己庚辛壬癸")]
    old = lines("未经平台事先书面同意不得转让账号。", *rest)
    new = lines(*rest, "未经平台事先的书面同意不得转让账号。")
    told = check(old, new)
    assert told.entries[-1].kind is ChangeKind.MOVED
    assert shown(told.entries[-1].runs) == "未经平台事先[+的]书面同意不得转让账号。"


def test_a_short_line_elsewhere_is_not_called_moved() -> None:
    told = check(lines("无", "甲方应当负责。", "乙方应当负责。"), lines("甲方应当负责。", "乙方应当负责。", "无"))
    assert (told.added_count, told.removed_count, told.moved_count) == (1, 1, 0)


def test_repeated_lines_are_paired_in_their_order() -> None:
    told = check(lines("甲方", "无", "乙方", "无", "丙方", "无"), lines("甲方", "无", "丁方", "无", "无", "戊方"))
    assert told.moved_count == 0
    assert [entry.kind for entry in told.entries].count(ChangeKind.SAME) == 4


def test_repeated_lines_beside_what_moved_go_with_it() -> None:
    one = ["甲方应当按期交付全部设备。", "无", "乙方应当按期支付全部价款。", "无"]
    other = ["丙方负责安装与调试这些设备。", "丁方负责培训操作这些设备的人。", "戊方负责维修与保养这些设备。"]
    told = check(lines(*one, *other), lines(*other, *one))
    kinds = [entry.kind.value for entry in told.entries]
    assert (kinds.count("moved"), kinds.count("same")) == (4, 3)


def test_of_many_alike_each_is_paired_once() -> None:
    rest = [f"第{number}段说的是{sign * 6}。" for number, sign in enumerate("甲乙丙丁戊己庚辛壬癸")]
    alike = [f"平台在每个自然月的第{number}日向主播结算收益。" for number in "一二三"]
    far = "平台在每个自然月向观众公布违规主播的名单以及处理的理由和依据。"
    told = check(lines(*alike, *rest), lines(*rest, alike[0].replace("结算", "支付"), "短句。", far))
    assert (told.moved_count, told.removed_count, told.added_count) == (1, 2, 2)


def test_what_is_near_and_alike_is_changed_not_replaced() -> None:
    old = lines("开头。", "主播应当遵守法律。", "平台每月结算一次收益。", "结尾。")
    new = lines("开头。", "这是全新的一段文字。", "又一段毫不相干的话。", "平台每周结算一次收益。", "结尾。")
    kinds = [entry.kind.value for entry in check(old, new).entries]
    assert kinds == ["same", "removed", "added", "added", "changed", "same"]


@pytest.mark.parametrize("count", [400])
def test_texts_without_end_are_compared_with_bounded_work(count: int) -> None:
    chance = random.Random(5)
    old = lines(*("".join(chance.choices("甲乙丙丁", k=8)) for _ in range(count)))
    new = lines(*("".join(chance.choices("甲乙丙丁", k=8)) for _ in range(count)))
    check(old, new)
    check(lines("甲乙" * 5000), lines("乙丙" * 5000 + "。"))
    check(lines("甲" * 500, *["乙"] * count), lines(*["乙"] * count, "丙" * 500, "甲" * 499))
