from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.quality.model import MOST_SHARE, Defect, Group, Score, score
from app.i18n import Translator
from app.usecases.quality_state import Advice, QualityDesk
from app.usecases.state import DeskState
from app.usecases.wishes import (
    DismissAdvice,
    MendDefect,
    MuteMicrophone,
)
from tests.ui import fakes, quality_fakes
from tests.ui.fakes import change
from tests.ui.quality_fakes import blocked, finding
from ui.presenters.advice import present_advice, quality_words
from ui.presenters.health import present_health
from ui.presenters.preflight import present_check_line

ZH = Translator("zh")


def state(quality: QualityDesk, base: DeskState | None = None, **engine: object) -> DeskState:
    base = base or fakes.off_air()
    return change(base, quality=quality, engine=change(base.engine, **engine))


def test_the_sheet_is_told_the_score_or_that_there_is_none() -> None:
    assert present_check_line(state(QualityDesk()), ZH).text == "还没有检测"
    assert present_check_line(state(quality_fakes.some_bad()), ZH).text == "86 分，建议先补光"
    assert present_check_line(state(quality_fakes.desk()), ZH).text == "100 分，一切正常"
    line = present_check_line(state(blocked(Defect.NO_INGEST)), ZH)
    assert line.is_blocked
    assert line.text == "现在不能开播：连不上推流节点"


def test_advice_is_told_with_its_figure_and_its_mend() -> None:
    dark = finding(Defect.DARK, 0.4, face_luma=52.0)
    desk = quality_fakes.desk(dark, advice=Advice(Defect.DARK, dark, 1.0), mendable=frozenset({Defect.DARK}))
    found = present_advice(state(desk, fakes.on_air()), ZH)
    assert found is not None
    assert found.text == "画面变暗了，面部亮度 52。请打开前方的灯"
    assert (found.action_label, found.wish, found.dismiss) == ("自动提亮", MendDefect(Defect.DARK), DismissAdvice())
    cannot = present_advice(state(replace(desk, mendable=frozenset()), fakes.on_air()), ZH)
    assert cannot is not None
    assert (cannot.action_label, cannot.wish) == ("", None)
    assert present_advice(state(quality_fakes.desk(), fakes.on_air()), ZH) is None


def test_talking_while_muted_comes_before_other_advice() -> None:
    dark = finding(Defect.DARK, 0.4)
    desk = quality_fakes.desk(dark, advice=Advice(Defect.DARK, dark, 1.0), is_talking_muted=True)
    found = present_advice(state(desk, fakes.on_air()), ZH)
    assert found is not None
    assert (found.wish, found.dismiss) == (MuteMicrophone(False), None)


def test_health_has_words_for_picture_and_sound_where_they_were_measured() -> None:
    parts = present_health(state(quality_fakes.some_bad(), fakes.on_air()), ZH).parts
    assert [(one.label, one.word) for one in parts[:2]] == [("画面", "一般"), ("声音", "正常")]
    assert len(parts) == 5
    assert len(present_health(fakes.on_air(), ZH).parts) == 3
    low = score({Group.SOUND: (finding(Defect.SILENT, MOST_SHARE),)})
    assert quality_words(state(replace(quality_fakes.desk(), score=low)), ZH) == (("声音", "需要留意", "warn"),)


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        ({}, "直播正常，网络稳定"),
        ({Group.PICTURE: 97}, "直播正常，网络稳定"),
        ({Group.PICTURE: 97, Group.SOUND: 95}, "画面清晰，声音合适，网络稳定"),
        ({Group.PICTURE: 40, Group.SOUND: 95}, "网络稳定，画面还可以更好"),
        ({Group.PICTURE: 97, Group.SOUND: 30}, "网络稳定，声音还可以更好"),
        ({Group.PICTURE: 40, Group.SOUND: 30}, "网络稳定，画面和声音还可以更好"),
    ],
)
def test_nothing_is_called_clear_that_was_not_measured(groups: dict[Group, int], sentence: str) -> None:
    quality = QualityDesk(score=Score(None, groups, (), ()))
    assert present_health(change(fakes.on_air(), quality=quality), ZH).sentence == sentence
