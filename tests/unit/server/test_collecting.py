"""What lives long is put aside as an audience grows, and looked at again when it has gone."""

from __future__ import annotations

import gc

import pytest

from server.collecting import Collecting


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    for name in ("collect", "freeze", "unfreeze"):
        monkeypatch.setattr(gc, name, lambda name=name: calls.append(name))
    return calls


def test_the_service_itself_is_put_aside_at_the_start(done: list[str]) -> None:
    Collecting().start()
    assert done == ["collect", "freeze"]


def test_an_audience_is_put_aside_in_steps_and_taken_back_when_it_has_gone(done: list[str]) -> None:
    collecting, seen = Collecting(), []
    for sockets in (0, 99, 100, 150, 224, 225, 200, 113, 112, 100, 212, 240, 0, 0):
        collecting.look(sockets)
        seen.append((sockets, done.pop() if done else ""))
    assert [one for one in seen if one[1]] == [
        (100, "freeze"),
        (225, "freeze"),
        (112, "unfreeze"),
        (240, "freeze"),
        (0, "unfreeze"),
    ]
