"""What a program that was driven by a test left in its logs, and told everybody on its command lines.

Logs are lines of JSON with ``event`` and ``level``. Plain functions; any thread.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import psutil

_BAD_LEVELS = ("error", "critical")
_TRACE = "Traceback (most recent call last)"
_PHONE = re.compile(r"(?<![\w.])1[3-9]\d{9}(?!\w)")
_IDENTITY = re.compile(r"(?<![\w.])\d{17}[\dXx](?!\w)")
_RANDOM = re.compile(
    r"(?<![\w-])(?:[0-9a-f]{64}|(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[A-Za-z0-9_-]{40,})(?![\w-])", re.ASCII
)
"""Tokens and keys of the program: 32 random bytes, as hexadecimal digits or in the alphabet of addresses."""


def command_lines(pid: int) -> list[str]:
    """Of a running program and everything that descends from it."""
    lines = []
    try:
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            lines.append(" ".join(process.cmdline()))
    except psutil.Error:
        pass  # it ended while we looked
    return lines


def kept_secrets(data_dir: Path) -> set[str]:
    """What the program keeps in its data folder and must show nobody."""
    found: set[str] = set()
    tokens = data_dir / "secrets.json"
    if tokens.exists():
        found |= set(json.loads(tokens.read_text()).values())
    key = data_dir / "script.key"
    if key.exists():
        found.add(key.read_text())
    return {secret for secret in found if secret}


def findings(data_dir: Path, lines: Collection[str] = (), provoked: Collection[str] = ()) -> list[str]:
    """Everything that should not be there, a sentence each.

    ``lines`` are command lines; ``provoked`` are events that the test meant to be logged as errors, and parts of
    lines that it meant to be printed.
    """
    secrets = kept_secrets(data_dir)
    printed = data_dir / "program.log"
    found = []
    # Nothing of ours writes there: it is Python's warnings and traces, and Qt's and other libraries' complaints.
    if printed.exists():
        lines_said = printed.read_text(errors="replace").splitlines()
        said = "\n".join(line for line in lines_said if not any(part in line for part in provoked)).strip()
        found += [f"the program printed: {said[:2000]}"] if said else []
    for path in sorted((data_dir / "logs").glob("*.log*")):
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.name}: {error}" for error in errors_in(text, provoked)]
        found += [f"{path.name} holds {what}" for what in private_in(text, secrets)]
    for line in lines:
        found += [f"a command line holds {what}: {line[:60]}" for what in private_in(line, secrets)]
    return found


def errors_in(text: str, provoked: Collection[str] = ()) -> Iterator[str]:
    """Lines of a log at level error and above, and traces outside of them, less what was ``provoked``."""
    event = ""
    for line in text.splitlines():
        told = _told(line)
        if told is None:
            if _TRACE in line and event not in provoked:
                yield f"{event}: {_TRACE}"
        elif told.get("level") in _BAD_LEVELS and told.get("event") not in provoked:
            yield line[:2000]
        if not line.startswith(_TRACE):
            event = str(told.get("event", "")) if told is not None else line


def private_in(text: str, secrets: Collection[str]) -> Iterator[str]:
    """What must not be read by others, by kind and with its beginning only."""
    for kind, pattern in (("a phone number", _PHONE), ("an identity number", _IDENTITY), ("a key", _RANDOM)):
        yield from (f"{kind} ({match.group()[:6]}…)" for match in pattern.finditer(text))
    yield from (f"a secret of this program ({secret[:6]}…)" for secret in secrets if secret in text)


def _told(line: str) -> Mapping[str, object] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
