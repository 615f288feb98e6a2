"""Checks that no linter knows: length of files, leftovers, and that both languages say the same things.

``python -m tools.check_files`` prints one line per finding and ends with 1 when there is any.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from app.contract.errors import ErrorCode

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES = 400
SOURCES = (".py", ".js", ".css", ".qss", ".html", ".sh")
LEFTOVERS = re.compile(
    r"\bTO"
    r"DO\b|\bFIX"
    r"ME\b|\bX"
    r"XX\b|NotImplemented"
    r"Error|pytest\.sk"
    r"ip\(|mark\.sk"
    r"ip\b|assert T"
    r"rue\b"
)
PLACEHOLDER = re.compile(r"\{(\w+)")
CJK = re.compile(r"[\u4e00-\u9fff]")


def findings() -> list[str]:
    """Everything found wrong, one sentence each."""
    found: list[str] = []
    for path in _tracked():
        if path.suffix in SOURCES:
            found += source_findings(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    texts = {
        language: json.loads((ROOT / "resources" / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
        for language in ("zh", "en")
    }
    found += translation_findings(texts["zh"], texts["en"])
    found += [
        f"resources/i18n: no sentence for error.{code.value}"
        for code in ErrorCode
        if f"error.{code.value}" not in texts["zh"]
    ]
    return found


def source_findings(name: str, text: str) -> list[str]:
    """Findings in one source file."""
    lines = text.splitlines()
    found = [f"{name}: {len(lines)} lines, at most {MAX_LINES}"] if len(lines) > MAX_LINES else []
    for number, line in enumerate(lines, 1):
        if match := LEFTOVERS.search(line):
            found.append(f"{name}:{number}: leftover {match.group()!r}")
    return found


def translation_findings(zh: dict[str, str], en: dict[str, str]) -> list[str]:
    """Ids of one language only, differing placeholders, empty or untranslated texts.

    A ``.joiner`` is what stands between two sentences: a space in English, nothing in Chinese.
    """
    found = [f"resources/i18n: {key} is in one language only" for key in sorted(zh.keys() ^ en.keys())]
    for key in sorted(zh.keys() & en.keys()):
        if not key.endswith(".joiner") and not (zh[key].strip() and en[key].strip()):
            found.append(f"resources/i18n: {key} is empty")
        if set(PLACEHOLDER.findall(zh[key])) != set(PLACEHOLDER.findall(en[key])):
            found.append(f"resources/i18n: {key} has other placeholders in zh than in en")
        if CJK.search(en[key]) and not key.startswith("language."):
            found.append(f"resources/i18n: {key} is Chinese in en")
    return found


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def main() -> int:
    """Print the findings; 1 when there is any."""
    found = findings()
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
