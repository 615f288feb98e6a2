"""Words of people in a tooltip are shown as they were written: nothing of them is rich text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import Qt, QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.contract.room import ActionKind
from tests.ui.room_fakes import action, busy_desk, card, desk, held, my_room, on_air, question, questions
from tests.ui.room_stage import Open, opened
from ui.widgets.basics import Elided
from ui.widgets.tips import plain_tip

PICTURE = '<img src="file:///etc/hostname" width="900"> 点一下 <b>这里</b> &amp; &lt;' + "很长" * 60
UI = Path(__file__).parents[2] / "ui"


class Watched(QTextDocument):
    """A tooltip as Qt shows a rich one; it counts what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def loadResource(self, kind: int, url: object) -> object:
        self.asked.append(str(url))
        return None


def shown(tip: str) -> tuple[str, list[str]]:
    """What stands in a tooltip, and what is loaded for it."""
    if not Qt.mightBeRichText(tip):
        return tip, []
    document = Watched()
    document.setHtml(tip)
    return document.toPlainText(), document.asked


@pytest.mark.parametrize(
    "text", ["", "你好", PICTURE, "a < b > c", "&lt;img&gt;", "<!doctype html><p>x", "一\n<img src=x>\n二", "<i>\n二"]
)
def test_a_tooltip_shows_what_was_written(qapp: QApplication, text: str) -> None:
    assert shown(plain_tip(text)) == (text, [])


def test_a_line_that_is_cut_has_its_words_as_they_are(qtbot: QtBot) -> None:
    line = Elided("x")
    qtbot.addWidget(line)
    line.setText(PICTURE)
    line.resize(60, 20)
    line.grab()
    assert shown(line.toolTip()) == (PICTURE, [])


def test_no_tooltip_of_the_room_is_rich_whatever_people_write(open_window: Open) -> None:
    bad = question(1, PICTURE, PICTURE, 3)
    acts = (action(1, ActionKind.MUTE, PICTURE, reason=PICTURE, excerpt=PICTURE),)
    busy = busy_desk()
    assert busy.room is not None and busy.room.pinned is not None
    pinned = busy.room.pinned.model_copy(update={"text": PICTURE, "author_name": PICTURE})
    person = card(name=PICTURE, actions=list(acts))
    moderation = desk(
        room=my_room(pinned=pinned, words=[PICTURE[:20]]), held=(held(1, PICTURE, PICTURE),), record=acts, done=None
    )
    stage, room, _ = opened(open_window, moderation=moderation, questions=questions(1, items=(bad,)))
    found: list[str] = []
    for state in (moderation, desk(person_id="v4", person=person)):
        stage.push(on_air(moderation=state, questions=questions(1, items=(bad,))))
        for tab in ("chat", "audience", "record", "rules"):
            if not state.person_id:
                room.show_tab(tab)
            stage.window.grab()
            tips = {one.toolTip() for one in stage.window.findChildren(object) if hasattr(one, "toolTip")}
            found += [tip for tip in tips if "hostname" in tip]
    assert found
    for tip in found:
        text, asked = shown(tip)
        assert "<img src=" in text and asked == []


def test_tooltips_are_set_by_the_helper_or_are_our_own_words() -> None:
    ours = re.compile(r"""setToolTip\((""|tip|text|text if is_right_offered else ""|tr\.text\(.*\))\)$""")
    wrong = [
        f"{path.relative_to(UI)}: {line.strip()}"
        for path in sorted(UI.rglob("*.py"))
        for line in path.read_text("utf-8").splitlines()
        if "setToolTip(" in line and not ours.search(line)
    ]
    assert wrong == []
