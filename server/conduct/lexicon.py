"""The words of all classes at once, found in a stream. Built once; only reads afterwards, any thread."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import ahocorasick  # type: ignore[import-not-found]

from server.conduct.folding import Folder, Gap, Stream
from server.conduct.packs import MAX_WORD_CHARS, WordClass
from server.conduct.sounds import Sounds

Hit = tuple[int, int]
"""First character and the one after the last, in the stream."""

_MAX_MIXED_CHARS = 4
_JOINTS = ("", "_", "-", ".")
_MIN_PINYIN_LETTERS = 5  # shorter whole pinyin is everyday English: "jian" is, "wo" is


class Lexicon:
    """Invariant: an expression is found once for each class that has it."""

    def __init__(
        self, classes: Mapping[str, WordClass], folder: Folder, sounds: Sounds, splits: Mapping[str, str]
    ) -> None:
        self._sounds = sounds
        written: dict[str, set[str]] = defaultdict(set)
        alone: dict[str, set[str]] = defaultdict(set)
        heard: dict[str, set[str]] = defaultdict(set)
        harmless: dict[str, set[str]] = defaultdict(set)
        apart: dict[str, list[str]] = defaultdict(list)
        for pieces, whole in splits.items():
            apart[folder.word(whole)].append(folder.word(pieces))
        for name, word_class in classes.items():
            for word in (*word_class.words, *word_class.sounds):
                folded = folder.word(word)
                for variant in self._variants(folded, apart):
                    # Pinyin of a Chinese word is also a piece of many a name: zhaopin_lily88.
                    is_alone = variant.isascii() and (word_class.whole or not folded.isascii())
                    (alone if is_alone else written)[variant].add(name)
            for word in word_class.sounds:
                heard[sounds.coded(folder.word(word))].add(name)
            for word in word_class.unless:
                harmless[folder.word(word)].add(name)
        self._written = _automaton(written)
        self._alone = _automaton(alone)
        self._heard = _automaton(heard)
        self._harmless = _automaton(harmless)

    def hits(self, stream: Stream) -> dict[str, list[Hit]]:
        """By class, sorted."""
        harmless: dict[str, dict[int, int]] = defaultdict(dict)  # the longest end by start
        for hit, names in _found(self._harmless, stream.text):
            if _is_whole(stream, hit) and not _is_cut_number(stream, hit):
                for name in names:
                    harmless[name][hit[0]] = max(hit[1], harmless[name].get(hit[0], 0))
        hits: dict[str, set[Hit]] = defaultdict(set)
        found = itertools.chain(
            _found(self._written, stream.text),
            _found(self._heard, self._sounds.coded(stream.text)),
            ((hit, names) for hit, names in _found(self._alone, stream.text) if _stands_alone(stream, hit)),
        )
        for hit, names in found:
            if _is_whole(stream, hit):
                for name in names:
                    if name not in harmless or not _is_inside(hit, harmless[name]):
                        hits[name].add(hit)
        return {name: sorted(found) for name, found in hits.items()}

    def _variants(self, word: str, apart: Mapping[str, list[str]]) -> set[str]:
        """The word as it is, with characters taken apart, and with some or all in pinyin."""
        variants = {word}
        for index, char in enumerate(word):
            variants |= {word[:index] + pieces + word[index + 1 :] for pieces in apart.get(char, ())}
        syllables = [self._sounds.syllable(char) for char in word]
        if 2 <= len(word) <= _MAX_MIXED_CHARS and all(syllables):
            for mixed in itertools.product(*zip(word, syllables, strict=True)):
                variant = "".join(mixed)
                if not variant.isascii() or len(variant) >= _MIN_PINYIN_LETTERS:
                    variants.add(variant)
        return variants


def _automaton(words: Mapping[str, set[str]]) -> Any:
    automaton = ahocorasick.Automaton()
    for word, names in words.items():
        if word:
            automaton.add_word(word, (len(word), tuple(sorted(names))))
    automaton.make_automaton()
    return automaton


def _found(automaton: Any, text: str) -> Iterator[tuple[Hit, tuple[str, ...]]]:
    if len(automaton):
        for last, (length, names) in automaton.iter(text):
            yield (last + 1 - length, last + 1), names


def _is_whole(stream: Stream, hit: Hit) -> bool:
    """Whether it may be one expression: not a piece of a Latin word, not across a comma or a sentence end.

    Punctuation between all of its characters is a disguise (微。信), unless a neighbour belongs to one of them
    (印刷、单据).
    """
    start, end = hit
    text, gaps = stream.text, stream.gaps
    if _is_letter(text[start]) and start and not gaps[start] and _is_letter(text[start - 1]):
        return False
    if end < len(text) and _is_letter(text[end - 1]) and not gaps[end] and _is_letter(text[end]):
        return False
    inner = gaps[start + 1 : end]
    if not inner or max(inner) <= Gap.LIGHT:
        return True
    is_spread = min(inner) > Gap.NONE
    is_alone = (start == 0 or gaps[start] > 0) and (end == len(text) or gaps[end] > 0 or text[end].isascii())
    return is_spread and (end - start >= 3 or is_alone)


def _is_inside(hit: Hit, spans: Mapping[int, int]) -> bool:
    return any(spans.get(start, 0) >= hit[1] for start in range(max(0, hit[1] - MAX_WORD_CHARS), hit[0] + 1))


def _stands_alone(stream: Stream, hit: Hit) -> bool:
    """Whether no letter, digit, _ or - is joined to it."""
    for index, before in ((hit[0], hit[0] - 1), (hit[1], hit[1])):
        if 0 < index < len(stream.text) and stream.text[before].isascii() and stream.gap_text(index) in _JOINTS:
            return False
    return True


def _is_cut_number(stream: Stream, hit: Hit) -> bool:
    """Whether the number that it ends with goes on: Q2 in Q: 2 3 4 5 6."""
    following = stream.text[hit[1] : hit[1] + 1]
    return following.isdigit() and stream.text[hit[1] - 1].isdigit()


def _is_letter(char: str) -> bool:
    return "a" <= char <= "z"
