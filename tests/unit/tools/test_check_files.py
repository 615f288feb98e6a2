"""The checks of files find what they are for."""

from tools import check_files


def test_long_files_and_leftovers_are_found() -> None:
    assert check_files.source_findings("a.py", "x = 1\n" * 400) == []
    assert check_files.source_findings("a.py", "x = 1\n" * 401) == ["a.py: 401 lines, at most 400"]
    word = "TO" + "DO"
    assert check_files.source_findings("a.py", f"# {word}: later") == [f"a.py:1: leftover {word!r}"]


def test_translations_must_match() -> None:
    zh = {"a": "还有 {seconds} 秒", "b": "好", "c": "空"}
    en = {"a": "{minutes} left", "c": " ", "d": "x"}
    found = "\n".join(check_files.translation_findings(zh, en))
    for part in ("a has other placeholders", "b is in one language", "c is empty", "d is in one language"):
        assert part in found
    assert check_files.translation_findings({"a": "好 {n}"}, {"a": "Good {n}"}) == []
    assert check_files.translation_findings({"a": "好"}, {"a": "好"}) == ["resources/i18n: a is Chinese in en"]
