"""On air a person is told once, politely, and not before it lasts."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from app.domain.quality.advice import APART_S, LASTS_S, WELL_S, Adviser, MutedTalk
from app.domain.quality.model import Defect, Finding, Group


def dark(share: float) -> Finding:
    return Finding(Defect.DARK, Group.PICTURE, share)


def quiet(share: float) -> Finding:
    return Finding(Defect.QUIET, Group.SOUND, share)


def told(adviser: Adviser, seconds: range, *findings: Finding) -> list[tuple[int, Defect]]:
    heard = [(second, adviser.look(findings, float(second))) for second in seconds]
    return [(second, found.defect) for second, found in heard if found is not None]


def test_what_gets_worse_is_told_once_when_it_lasts() -> None:
    adviser = Adviser()
    adviser.begin([dark(0.0)])
    assert told(adviser, range(600), dark(0.4)) == [(int(LASTS_S), Defect.DARK)]


def test_what_was_bad_before_is_known() -> None:
    adviser = Adviser()
    adviser.begin([dark(0.4)])
    assert told(adviser, range(600), dark(0.5)) == []


def test_a_moment_is_not_told() -> None:
    adviser = Adviser()
    adviser.begin([])
    for start in range(0, 300, 10):
        assert told(adviser, range(start, start + 4), dark(0.5)) == []
        assert told(adviser, range(start + 4, start + 10), dark(0.0)) == []


def test_it_is_told_again_only_when_it_was_well_between() -> None:
    adviser = Adviser()
    adviser.begin([])
    assert len(told(adviser, range(60), dark(0.5))) == 1
    # Neither bad nor well says nothing.
    assert told(adviser, range(60, 200), dark(0.1)) == []
    assert told(adviser, range(200, 300), dark(0.5)) == []
    assert told(adviser, range(300, 300 + int(WELL_S) + 1), dark(0.0)) == []
    assert adviser.is_well(Defect.DARK, 300 + WELL_S)
    assert len(told(adviser, range(330, 400), dark(0.5))) == 1


def test_two_come_one_after_the_other_the_worse_first() -> None:
    adviser = Adviser()
    adviser.begin([])
    heard = told(adviser, range(200), dark(0.2), quiet(0.6))
    assert [defect for _, defect in heard] == [Defect.QUIET, Defect.DARK]
    assert heard[1][0] - heard[0][0] >= APART_S


def test_network_and_computer_are_told_by_the_health() -> None:
    adviser = Adviser()
    adviser.begin([])
    assert told(adviser, range(100), Finding(Defect.BUSY, Group.COMPUTER, 0.9)) == []


@given(st.lists(st.floats(0, 0.98), min_size=1, max_size=400))
def test_whatever_happens_advice_is_rare(shares: list[float]) -> None:
    adviser = Adviser()
    adviser.begin([])
    heard = [second for second, share in enumerate(shares) if adviser.look([dark(share)], float(second))]
    assert all(after - before >= APART_S for before, after in itertools.pairwise(heard))


def test_talking_while_muted_is_noticed_and_forgotten() -> None:
    talk = MutedTalk()
    assert not talk.look(True, True, 0.0)
    assert not talk.look(True, True, 0.5)
    assert talk.look(True, True, 1.0)
    assert talk.look(True, False, 2.0)
    assert not talk.look(True, False, 4.0)


def test_a_cough_or_an_open_microphone_is_not_talk_while_muted() -> None:
    talk = MutedTalk()
    assert not talk.look(True, True, 0.0)
    assert not talk.look(True, False, 3.5)
    assert not talk.look(True, True, 4.0)
    assert not talk.look(False, True, 9.0)
    assert not talk.look(True, True, 10.0)
