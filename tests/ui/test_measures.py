"""The page 违规与申诉 in the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from app.contract.inbox import LinkPlace
from app.i18n import Translator
from app.usecases.state import AccountState, Trouble
from app.usecases.way_state import LoadPhase, MeasuresState
from app.usecases.wishes import Appeal, LoadMeasures
from tests.ui import fakes
from tests.ui.conftest import Stage
from tests.ui.fakes import change
from tests.ui.measure_fakes import measures, new_kinds, opened, with_
from tests.unit.app.fake_measures import a_measure
from ui.presenters.measures import present_measures
from ui.views.measures.page import MeasuresPage

Open = Callable[..., Stage]


def page_of(open_window: Open, state: object | None = None) -> tuple[Stage, MeasuresPage]:
    stage = open_window(state or opened())
    stage.window.show_desk_page("measures")
    QApplication.processEvents()
    return stage, stage.window.pages.measures


def shown(page: MeasuresPage) -> str:
    return " ".join(one.text() for one in page.findChildren(QLabel) if one.isVisible())


def test_what_was_done_why_and_until_when(open_window: Open) -> None:
    stage, page = page_of(open_window)
    assert stage.wishes(LoadMeasures) == [LoadMeasures()]
    assert stage.window.rail.buttons["messages"].isChecked()
    text = shown(page)
    for words in ("限制直播", "不专业", "直播中多次发布兼职广告", "20:42 加我微信领内推名额", "简历怎么写", "限期整改"):
        assert words in text, words
    assert page.cards["me4"].appeal_pill.text == "申诉处理中"
    assert "维持原处理" in page.cards["me2"].appeal_pill.text
    assert page.cards["me1"].pill.text == "已撤销"


def test_what_was_deleted_reported_and_told_late(open_window: Open) -> None:
    _, page = page_of(open_window, opened(new_kinds()))
    text = shown(page)
    for words in (
        "收回账号", "报告主管部门", "某市互联网信息办公室", "网信〔2026〕8 号", "告知", "拒绝发布", "限制礼物",
        "直播标题：内推直通大厂，名额有限，加我微信", "直播封面", "提问：怎么联系您拿内推？", "评论：已按规定删除",
        "等共 62 条",
    ):  # fmt: skip
        assert words in text, words
    assert page.cards["me14"].pill.text == "已执行"
    assert page.cards["me13"].pill.text == page.cards["me15"].pill.text == "生效中"
    told = [name for name, _ in present_measures(opened(new_kinds()), Translator()).rows[0].facts]
    assert "告知" not in told, "what was told at once needs no moment of its own"


def test_an_appeal_is_written_and_sent(open_window: Open) -> None:
    stage, page = page_of(open_window)
    card = page.cards["me5"]
    assert not card.text.isVisible() and not page.cards["me4"].begin.isVisible()
    card.begin.click()
    assert card.text.hasFocus() and not card.send.isEnabled()
    QTest.keyClicks(card.text, "not me")
    card.send.click()
    assert stage.wishes(Appeal) == [Appeal("me5", "not me")]
    stage.push(opened(with_(sending="me5")))
    assert not card.send.isEnabled() and not card.text.isEnabled()
    stage.push(opened(with_(act_trouble=Trouble("platform_timeout"))))
    assert card.text.toPlainText() == "not me", "nothing typed is lost"
    assert page.trouble.isVisible()
    kept = list(measures().measures)
    kept[0] = kept[0].model_copy(update={"may_appeal": False, "appeal": kept[1].appeal})
    stage.push(opened(with_(measures=tuple(kept), sent_number=1)))
    assert not card.text.isVisible() and card.text.toPlainText() == ""
    assert card.appeal_pill.isVisible()


def test_who_thinks_again_keeps_what_was_typed(open_window: Open) -> None:
    _, page = page_of(open_window)
    card = page.cards["me5"]
    card.begin.click()
    QTest.keyClicks(card.text, "wait")
    card.cancel.click()
    assert not card.text.isVisible()
    card.begin.click()
    assert card.text.toPlainText() == "wait"


def test_nothing_loading_and_failed(open_window: Open) -> None:
    stage, page = page_of(open_window, opened(MeasuresState(LoadPhase.READY)))
    assert page.empty.text() == "没有违规处理"
    stage.push(opened(MeasuresState(LoadPhase.LOADING)))
    assert page.empty.text() == "正在加载…"
    stage.push(opened(MeasuresState(LoadPhase.FAILED, trouble=Trouble("platform_unreachable", action="retry"))))
    page.retry.click()
    assert stage.wishes(LoadMeasures)[-1] == LoadMeasures()
    stage.push(opened())
    assert not page.empty.isVisible() and len(page.cards) == 5
    stage.push(opened(with_(measures=measures().measures[:2])))
    assert list(page.cards) == ["me5", "me4"]


def test_a_message_leads_to_its_measure_and_the_arrow_back(open_window: Open) -> None:
    stage = open_window(fakes.off_air())
    stage.window.places.follow(LinkPlace.MEASURES, "me1")
    assert stage.window.desk_page == "measures"
    many = tuple(a_measure(number) for number in range(1, 12))
    stage.push(opened(with_(measures=many)))
    page = stage.window.pages.measures
    stage.qtbot.waitUntil(lambda: page._wanted == "")
    page.back.click()
    assert stage.window.desk_page == "messages"
    stage.window.pages.messages.measures.click()
    assert stage.window.desk_page == "measures"


def test_who_is_signed_out_sees_nothing(open_window: Open) -> None:
    stage, page = page_of(open_window)
    stage.push(change(opened(), account=AccountState()))
    assert page.cards == {} or not page.isVisible()
