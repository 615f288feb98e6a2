"""What is in ``resources/rules``: one table of characters and any number of rule packs. Read once, at the start.

``tables.json`` says how writing is folded (``Tables``). Every other ``*.json`` is a ``Pack``:

    {"classes": {"wechat": {"words": [...], "sounds": [...], "not": [...]}},
     "rules":   [{"id": "contact.add_wechat", "label": "contact", "category": 7, "parts": ["add", "wechat"]}]}

A class is a set of expressions under a name; packs share their classes. ``words`` are found however they are spaced,
cased, written in look-alikes, taken apart (亻言) or half in pinyin; ``sounds`` also in other characters of the same
sound; a find that lies inside one of ``not`` is none (微信支付 is not a WeChat number). ``includes`` takes the words
of other classes in. ``whole`` wants Latin words to stand alone: not in ``hello_offer1``.

A rule needs its ``parts`` one after the other (or in any order), each a class, several (``a|b``) or a shape that
is recognised by code (``#phone #landline #digits #handle #name #email #domain #price #discount``), with at most
``gap`` characters between them and no sentence end (unless ``crosses``). ``between: "links"`` lets only words of the
class ``links`` stand there; ``joined`` wants no comma there. ``unless_before`` (in the same clause), ``unless_after``
and ``unless_near`` (in the same sentence) name classes that make it harmless within ``reach`` characters;
``needs_near`` names classes of which one must be there. ``at_start`` holds for the beginning of the text only;
``places`` limits it to some places. Characters that are no letters and no digits do not count.
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from app.errors import StorageError

TABLES_FILE = "tables.json"
SHAPES = frozenset({"#phone", "#landline", "#digits", "#handle", "#name", "#email", "#domain", "#price", "#discount"})
LINKS_CLASS = "links"


class Place(enum.StrEnum):
    """Where the text stands."""

    INTRODUCTION = "introduction"
    NICKNAME = "nickname"
    SIGNATURE = "signature"
    TITLE = "title"
    ORGANISATION = "organisation"
    CHAT = "chat"


class Label(enum.StrEnum):
    """What is wrong with it."""

    CONTACT = "contact"
    ADVERT = "advert"
    RECRUIT = "recruit"
    PROHIBITED = "prohibited"
    IMPERSONATION = "impersonation"


class Between(enum.StrEnum):
    """What may stand between two parts of a rule."""

    ANY = "any"
    LINKS = "links"


MAX_WORD_CHARS = 24
Word = Annotated[str, Meta(min_length=1, max_length=MAX_WORD_CHARS)]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$")]
Part = Annotated[str, Meta(pattern=r"^(#[a-z]+|[a-z][a-z0-9_]*)(\|(#[a-z]+|[a-z][a-z0-9_]*))*$")]
Digit = Annotated[str, Meta(pattern=r"^[0-9]$")]
T = TypeVar("T")


class WordClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: tuple[Word, ...] = ()
    sounds: tuple[Word, ...] = ()
    unless: tuple[Word, ...] = msgspec.field(default=(), name="not")
    includes: tuple[Name, ...] = ()
    whole: bool = False


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Annotated[str, Meta(pattern=r"^[a-z]+\.[a-z0-9_]+$")]
    label: Label
    category: Annotated[int, Meta(ge=1, le=9)]
    parts: Annotated[tuple[Part, ...], Meta(min_length=1, max_length=4)]
    gap: Annotated[int, Meta(ge=0, le=40)] = 4
    between: Between = Between.ANY
    any_order: bool = False
    crosses: bool = False
    joined: bool = False
    at_start: bool = False
    reach: Annotated[int, Meta(ge=0, le=60)] = 6
    unless_before: tuple[Name, ...] = ()
    unless_after: tuple[Name, ...] = ()
    unless_near: tuple[Name, ...] = ()
    needs_near: tuple[Part, ...] = ()
    places: tuple[Place, ...] = ()

    def classes(self) -> set[str]:
        """All names of classes and shapes that it speaks of."""
        named = {name for part in (*self.parts, *self.needs_near) for name in part.split("|")}
        return named | {*self.unless_before, *self.unless_after, *self.unless_near}


class Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str = ""
    classes: dict[Name, WordClass] = {}
    rules: tuple[Rule, ...] = ()


class Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How writing is folded; keys are single characters but for ``splits``."""

    lookalikes: dict[str, str]
    """Foreign letters that look Latin."""
    pictures: dict[str, str]
    """Emoji and symbols that are read as words."""
    numerals: dict[str, Digit]
    """Characters that are digits in themselves (一 壹 幺 〇)."""
    digit_sounds: dict[str, Digit]
    """Syllables that are heard as digits: only believed in a whole number."""
    digit_letters: dict[str, Digit]
    """Latin letters that look like digits: only believed in a whole number."""
    digit_words: dict[str, Digit]
    """English and pinyin words for digits: only believed in a whole number."""
    digit_links: tuple[Word, ...]
    """Words that stand inside a number that is told in pieces."""
    splits: dict[str, str]
    """Characters taken apart, as written (亻言), and what is meant (信)."""
    top_domains: tuple[Word, ...]
    domain_dots: tuple[Word, ...]
    """Words that stand for a dot."""
    domain_names: tuple[Word, ...]
    """What looks like a domain and names a product or a company."""
    at_signs: tuple[Word, ...]
    """Words that stand for @."""


class Rules(msgspec.Struct, frozen=True):
    """All packs as one."""

    tables: Tables
    classes: dict[str, WordClass]
    rules: tuple[Rule, ...]


def read_rules(folder: Path) -> Rules:
    """All of a folder. Raises StorageError (rules_unreadable) with the file and the reason."""
    tables = _read(folder / TABLES_FILE, Tables)
    classes: dict[str, WordClass] = {}
    rules: list[Rule] = []
    for path in sorted(folder.glob("*.json")):
        if path.name == TABLES_FILE:
            continue
        pack = _read(path, Pack)
        twice = (classes.keys() & pack.classes.keys()) or ({r.id for r in rules} & {r.id for r in pack.rules})
        if twice or len({r.id for r in pack.rules}) < len(pack.rules):
            raise _unreadable(path, f"named twice: {', '.join(sorted(twice))}")
        classes |= pack.classes
        rules.extend(pack.rules)
    known = classes.keys() | SHAPES
    for rule in rules:
        if unknown := sorted(rule.classes() - known):
            raise _unreadable(folder, f"{rule.id}: no such class: {', '.join(unknown)}")
    for name, word_class in classes.items():
        if unknown := sorted(set(word_class.includes) - classes.keys()):
            raise _unreadable(folder, f"{name}: no such class: {', '.join(unknown)}")
    if not rules or LINKS_CLASS not in classes:
        raise _unreadable(folder, "no rules")
    return Rules(tables, {name: _whole(name, classes) for name in classes}, tuple(rules))


def _whole(name: str, classes: dict[str, WordClass]) -> WordClass:
    """With the words of the classes that it includes, however deep."""
    seen: dict[str, None] = {}
    waiting = [name]
    while waiting:
        if (one := waiting.pop()) not in seen:
            seen[one] = None
            waiting.extend(classes[one].includes)
    found = [classes[one] for one in seen]
    return WordClass(
        words=tuple(dict.fromkeys(word for one in found for word in one.words)),
        sounds=tuple(dict.fromkeys(word for one in found for word in one.sounds)),
        unless=tuple(dict.fromkeys(word for one in found for word in one.unless)),
        whole=classes[name].whole,
    )


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, ValueError) as cause:  # msgspec's own are ValueErrors
        raise _unreadable(path, str(cause)) from cause


def _unreadable(path: Path, reason: str) -> StorageError:
    return StorageError("rules_unreadable", detail={"file": str(path), "reason": reason})
