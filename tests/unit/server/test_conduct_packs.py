"""Rules are data: what a pack may say, and what is told of one that is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.errors import StorageError
from server.conduct.checker import RULES_FOLDER, Checker, Place
from server.conduct.packs import read_rules

LINKS = {"links": {"words": ["是"]}}


def folder_with(tmp_path: Path, **packs: Any) -> Path:
    """A folder with the true tables and these packs."""
    shutil.copy(RULES_FOLDER / "tables.json", tmp_path)
    for name, pack in packs.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(pack), encoding="utf-8")
    return tmp_path


def rule(**changes: Any) -> dict[str, Any]:
    return {"id": "test.one", "label": "advert", "category": 7, "parts": ["a"], **changes}


def reason(folder: Path) -> str:
    with pytest.raises(StorageError) as caught:
        read_rules(folder)
    assert caught.value.code == "rules_unreadable"
    return f"{caught.value.detail['file']} {caught.value.detail['reason']}"


def found(folder: Path, text: str, place: Place = Place.CHAT) -> list[str]:
    return [text[one.start : one.end] for one in Checker.from_folder(folder).check(text, place)]


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    assert "tables.json" in reason(tmp_path)
    assert "no rules" in reason(folder_with(tmp_path))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"parts": ["unknown"]}, "unknown"),
        ({"parts": ["#nothing"]}, "#nothing"),
        ({"parts": []}, "parts"),
        ({"category": 10}, "category"),
        ({"label": "spam"}, "label"),
        ({"gap": 1000}, "gap"),
        ({"regex": ".*"}, "regex"),
        ({"places": ["wall"]}, "places"),
        ({"unless_near": ["unknown"]}, "unknown"),
    ],
)
def test_a_wrong_rule_is_told(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    pack = {"classes": LINKS | {"a": {"words": ["甲"]}}, "rules": [rule(**changes)]}
    assert told in reason(folder_with(tmp_path, pack=pack))


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "broken.json").write_text("{", encoding="utf-8")
    assert "broken.json" in reason(folder)


def test_the_same_name_in_two_packs_is_told(tmp_path: Path) -> None:
    pack = {"classes": LINKS | {"a": {"words": ["甲"]}}, "rules": [rule()]}
    assert "b.json" in reason(folder_with(tmp_path, a=pack, b={"classes": {"a": {"words": ["乙"]}}}))


def test_a_rule_needs_its_neighbours_and_yields_to_what_makes_it_harmless(tmp_path: Path) -> None:
    classes = LINKS | {
        "a": {"words": ["甲方"], "not": ["甲方案"]},
        "b": {"words": ["乙方"], "includes": ["c"]},
        "c": {"words": ["丙方"]},
        "near": {"words": ["法律"]},
        "before": {"words": ["非"]},
    }
    rules = [rule(parts=["a", "b"], gap=2, unless_near=["near"], unless_before=["before"], reach=4)]
    folder = folder_with(tmp_path, pack={"classes": classes, "rules": rules})
    assert found(folder, "甲方乙方") == ["甲方乙方"]
    assert found(folder, "甲方 x 丙方") == ["甲方", "丙方"]
    assert found(folder, "甲方xyz乙方") == []
    assert found(folder, "乙方甲方") == []
    assert found(folder, "甲方。乙方") == []
    assert found(folder, "甲方案乙方") == []
    assert found(folder, "甲方乙方的法律") == []
    assert found(folder, "甲方乙方。法律") == ["甲方乙方"]
    assert found(folder, "非甲方乙方") == []
    assert found(folder, "非，甲方乙方") == ["甲方乙方"]


def test_parts_in_any_order_only_links_between_and_places(tmp_path: Path) -> None:
    classes = LINKS | {"a": {"words": ["甲方"]}, "b": {"words": ["乙方"]}}
    rules = [
        rule(id="test.order", parts=["a", "b"], any_order=True, between="links", joined=True),
        rule(id="test.place", parts=["a"], places=["title"], at_start=True),
    ]
    folder = folder_with(tmp_path, pack={"classes": classes, "rules": rules})
    assert found(folder, "乙方是甲方") == ["乙方", "甲方"]
    assert found(folder, "乙方和甲方") == []
    assert found(folder, "乙方，甲方") == []
    assert found(folder, "甲方", Place.TITLE) == ["甲方"]
    assert found(folder, "x甲方", Place.TITLE) == []


def test_words_are_heard_and_seen_in_their_variants(tmp_path: Path) -> None:
    classes = LINKS | {"a": {"words": ["招聘"]}, "b": {"sounds": ["微信"]}}
    folder = folder_with(tmp_path, pack={"classes": classes, "rules": [rule(parts=["a|b"])]})
    for text in ("招聘", "招 聘", "扌召聘", "招pin", "ZHAO聘", "ｚｈａｏｐｉｎ", "卫星", "薇芯", "微 x i n", "維信"):
        assert found(folder, text) == [text], text
    for text in ("昭聘", "zhaopin_lily", "印招，聘"):
        assert found(folder, text) == [], text
