"""The face check by camera in the window: what is drawn, what is wished for, and what ends an attempt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.domain.face_check import FaceState
from app.domain.flash import BEFORE_MS, EACH_MS, GREY, WHOLE_MS, shown_at
from app.domain.liveness import Abort, Action, LivenessPath, Phase, Prompt
from app.domain.liveness import Stage as How
from app.ports.engine import NoVideo, SourceChanged, SourceStatus
from app.usecases.liveness_state import LivenessDesk, LivenessPhase, Outcome
from app.usecases.liveness_wishes import AbortLiveness, FlashShown, LoadLiveness, StartLiveness
from app.usecases.wishes import ChooseVideo, HideCamera, ListSources, SizePreview
from tests.ui import fakes, liveness_fakes
from tests.ui.conftest import Stage
from tests.ui.liveness_fakes import acting, at_check, capturing, desk, flashing, prompted, said
from tests.ui.way_fakes import face_check
from ui.cues import Cue, Cues
from ui.theme.tokens import DARK
from ui.views.liveness import figure as figures
from ui.views.liveness.card import LivenessCard
from ui.views.liveness.figure import ActionFigure
from ui.views.liveness.oval import INSET_PX, OvalPreview
from ui.widgets.frames import FrameFeed

pytestmark = pytest.mark.slow

Open = Callable[..., Stage]


@pytest.fixture
def beeps(monkeypatch: pytest.MonkeyPatch) -> list[Cue]:
    told: list[Cue] = []
    monkeypatch.setattr(Cues, "play", lambda _, cue: told.append(cue))
    return told


def opened(open_window: Open, liveness: LivenessDesk | None = None, **changes: Any) -> tuple[Stage, LivenessCard]:
    """On the page; the check is there by itself, or is opened."""
    size_px = changes.pop("size_px", (1280, 800))
    stage = open_window(at_check(liveness, **changes), size_px)
    stage.window.show_desk_page("prepare")
    stage.fill()
    card = stage.window.prepare.liveness
    if not card.isVisible():
        stage.window.prepare.status.main.click()
    stage.desk.wishes.clear()
    return stage, card


def push(stage: Stage, liveness: LivenessDesk, **changes: Any) -> None:
    stage.push(at_check(liveness, **changes))


# ---- how it begins -------------------------------------------------------------------------------


def test_the_page_asks_how_it_stands(open_window: Open) -> None:
    stage = open_window(at_check())
    stage.window.show_desk_page("messages")
    stage.desk.wishes.clear()
    stage.window.show_desk_page("prepare")
    assert stage.wishes(LoadLiveness) == [LoadLiveness()]
    stage.window.prepare.status.main.click()
    assert len(stage.wishes(LoadLiveness)) == 2


def test_what_became_of_an_earlier_one_is_no_answer_to_who_begins(open_window: Open) -> None:
    waited = desk(LivenessPhase.DONE, outcome=Outcome.WAITING)
    _, card = opened(open_window, waited, face=face_check(FaceState.REFUSED))
    assert card.intro.isVisible()


def test_it_begins_with_consent_and_the_keyboard_alone(open_window: Open) -> None:
    stage, card = opened(open_window)
    intro = card.intro
    assert intro.agree.box.hasFocus()
    assert not intro.start.isEnabled()
    QTest.keyClick(intro.agree.box, Qt.Key.Key_Return)
    assert intro.start.isEnabled()
    QTest.keyClick(intro.start, Qt.Key.Key_Return)
    assert stage.wishes(StartLiveness) == [StartLiveness(LivenessPath.FULL)]
    QTest.keyClick(intro.start, Qt.Key.Key_Space)
    assert len(stage.wishes(StartLiveness)) == 2


def test_the_way_without_flashes_is_chosen_before_anything_starts(open_window: Open) -> None:
    stage, card = opened(open_window)
    assert "光敏性癫痫" in card.intro.warning.text.text()
    card.intro.paths[LivenessPath.NO_FLASH].click()
    assert card.intro.warning.isHidden()
    card.intro.agree.box.click()
    card.intro.start.click()
    assert stage.wishes(StartLiveness) == [StartLiveness(LivenessPath.NO_FLASH)]


def test_a_call_is_the_other_way_and_one_comes_back(open_window: Open) -> None:
    stage, card = opened(open_window)
    card.intro.call.click()
    page = stage.window.prepare
    assert page.face.isVisible()
    page.face.stay.click()
    assert page.status.main.text() == "用摄像头核验"
    page.status.main.click()
    assert card.intro.isVisible()
    card.intro.back.click()
    assert page.status.isVisible()


def test_what_was_agreed_to_is_forgotten_with_the_page(open_window: Open) -> None:
    stage, card = opened(open_window)
    card.intro.agree.box.click()
    stage.window.show_desk_page("messages")
    stage.window.show_desk_page("prepare")
    stage.window.prepare.status.main.click()
    assert not card.intro.agree.box.isChecked()
    assert not card.intro.start.isEnabled()


@pytest.mark.parametrize(
    ("engine", "words", "wish"),
    [
        ({"video": NoVideo()}, "请在上面选择", None),
        ({"is_camera_off": True}, "已关闭", HideCamera(False)),
        (
            {"video_status": SourceChanged(is_video=True, status=SourceStatus.FAILED, code="no_camera")},
            "接上摄像头",
            ListSources(),
        ),
        (
            {"video_status": SourceChanged(is_video=True, status=SourceStatus.FAILED, code="camera_in_use")},
            "其他程序",
            None,
        ),
    ],
)
def test_without_a_picture_it_says_what_to_do(open_window: Open, engine: Any, words: str, wish: Any) -> None:
    stage, card = opened(open_window, engine=fakes.engine(**engine))
    card.intro.agree.box.click()
    assert not card.intro.start.isEnabled()
    assert words in card.intro.trouble.text.text()
    assert card.intro.trouble.button.isVisible() is (wish is not None)
    if wish is not None:
        card.intro.trouble.button.click()
        assert stage.desk.wishes[-1] == wish


def test_another_camera_is_chosen_there(open_window: Open) -> None:
    stage, card = opened(open_window)
    card.intro.camera.setCurrentIndex(1)
    card.intro.camera.activated.emit(1)
    assert len(stage.wishes(ChooseVideo)) == 1
    assert card.intro.camera.currentIndex() == 0, "until it is in force"


# ---- while the camera works ----------------------------------------------------------------------


def test_each_prompt_is_drawn_with_its_line_in_the_list(open_window: Open) -> None:
    stage, card = opened(open_window, desk(LivenessPhase.STARTING))
    assert card.capture.head.headline == "正在准备摄像头…"
    for prompt in Prompt:
        push(stage, capturing(prompted(prompt, off_x_ratio=0.2)))
        assert card.capture.head.headline == stage.window.tr_.text(f"liveness.prompt.{prompt.value}")
        wrong = [line.row.name for line in card.side.lines.values() if line.row is not None and line.row.tone == "warn"]
        assert len(wrong) == 1
        assert (card.capture.oval.arrow == (1.0, 0.0)) is (prompt is Prompt.OFF_CENTRE)
    assert stage.window.prepare.guide.isVisible()
    assert not stage.window.prepare.right.isVisible()
    assert stage.window.prepare.note.isVisible()


@pytest.mark.parametrize("action", Action)
def test_each_action_has_its_words_its_small_face_and_its_arc(open_window: Open, action: Action) -> None:
    stage, card = opened(open_window, capturing(acting(action, share_ratio=0.5)))
    capture = card.capture
    assert capture.head.figure.isVisible()
    assert capture.head.figure.action is action
    assert capture.oval.share_ratio == pytest.approx(0.5, abs=0.01)
    assert "剩余 6 秒" in capture.time.text
    push(stage, capturing(said(Phase.WAIT), done=(action,)))
    assert not capture.head.figure.isVisible()
    assert [chip.tone for chip in capture.chips.chips] == ["good", "good", "neutral", "neutral"]


def test_the_arc_is_painted_from_the_top_to_the_right(open_window: Open) -> None:
    stage, card = opened(open_window, capturing(acting(Action.NOD, share_ratio=0.5)), **dark())
    oval = card.capture.oval
    ring = oval._ring(oval.picture_rect()).toAlignedRect()
    picture = oval.grab().toImage()
    middle = ring.center()
    assert picture.pixelColor(ring.right(), middle.y()) == QColor(DARK.accent)
    assert picture.pixelColor(ring.left(), middle.y()) == QColor(DARK.line)
    push(stage, capturing(acting(Action.NOD, How.RETURNING, share_ratio=1.0)), **dark())
    picture = oval.grab().toImage()
    assert picture.pixelColor(ring.left(), middle.y()) == QColor(DARK.good)
    assert picture.pixelColor(2, 2) == QColor(DARK.bg)


def dark() -> dict[str, Any]:
    return {"settings": msgspec.structs.replace(fakes.off_air().settings, theme="dark")}


class _Painted(FrameFeed):
    """Left half red, right half blue, as the engine would hand it out."""

    def __init__(self) -> None:
        super().__init__()
        self.image = QImage(400, 300, QImage.Format.Format_RGB32)
        self.image.fill(QColor("#FF0000"))
        for x in range(200, 400):
            for y in range(300):
                self.image.setPixel(x, y, 0xFF0000FF)

    def pull(self) -> bool:
        return False


@pytest.mark.parametrize(("is_flipped", "left"), [(False, "#ff0000"), (True, "#0000ff")])
def test_what_was_not_mirrored_is_mirrored_here(qtbot: Any, is_flipped: bool, left: str) -> None:
    oval = OvalPreview("oval", _Painted())
    qtbot.addWidget(oval)
    oval.resize(300, 400)
    oval.show_marks(0.0, None, is_flipped=is_flipped)
    picture, area = oval.grab().toImage(), oval.picture_rect()
    assert picture.pixelColor(area.left() + area.width() // 4, area.center().y()).name() == left
    assert picture.pixelColor(area.left() + 1, area.top() + 1).name() == DARK.bg.lower(), "outside of the oval"


def test_the_picture_is_asked_for_in_the_height_of_the_oval(open_window: Open) -> None:
    stage, card = opened(open_window, capturing(prompted(None)))
    stage.qtbot.waitUntil(lambda: bool(stage.wishes(SizePreview)))
    wish = stage.wishes(SizePreview)[-1]
    assert isinstance(wish, SizePreview)
    height = card.capture.oval.picture_rect().height()
    assert abs(wish.height_px - height) <= 2
    assert abs(wish.width_px - height * 16 / 9) <= 2


def test_a_new_figure_lays_nothing_out(open_window: Open) -> None:
    stage, card = opened(open_window, capturing(acting(Action.NOD, left_ms=8000)))

    class Counter(QWidget):
        count = 0

        def eventFilter(self, watched: Any, event: QEvent) -> bool:
            self.count += event.type() == QEvent.Type.LayoutRequest
            return False

    stage.qtbot.wait(50)  # what opening the page asked for is done
    counter = Counter(stage.window)
    for part in (card, card.capture, card.side, stage.window.prepare):
        part.installEventFilter(counter)
    for left_ms in range(7900, 5000, -100):
        push(stage, capturing(acting(Action.NOD, left_ms=left_ms, share_ratio=left_ms / 8000)))
    assert counter.count == 0


def test_a_still_picture_where_less_motion_is_asked_for(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for is_less in (True, False):
        monkeypatch.setattr(figures, "prefers_less_motion", lambda found=is_less: found)
        figure = ActionFigure("figure")
        qtbot.addWidget(figure)
        figure.show_action(Action.TURN_LEFT)
        figure.show()
        assert figure._timer.isActive() is not is_less
        assert (figure._at == figures.STILL) is is_less
        figure.hide()
        assert not figure._timer.isActive()


def test_the_head_turns_to_the_side_of_the_screen_that_is_meant(qtbot: Any) -> None:
    dark_px = []
    for action in (Action.TURN_LEFT, Action.TURN_RIGHT):
        figure = ActionFigure("figure")
        qtbot.addWidget(figure)
        figure.is_still = True
        figure.show_action(action)
        picture = figure.grab().toImage()
        ink = QColor(DARK.accent)
        found = [x for x in range(17, 39) for y in range(27, 31) if picture.pixelColor(x, y) == ink]
        dark_px.append(sum(found) / max(1, len(found)))
    assert dark_px[0] < 28 < dark_px[1]


# ---- the colours ---------------------------------------------------------------------------------


def tick(stage: Stage, card: LivenessCard, ms: float = 0.0) -> None:
    """Move the clock, and let the frame clock look."""
    stage.clock.advance(ms / 1000)
    card.flash._look()


def seen(card: LivenessCard) -> tuple[int, int, int]:
    colour = card.flash.grab().toImage().pixelColor(QPoint(4, 4))
    return colour.red(), colour.green(), colour.blue()


def flash(open_window: Open) -> tuple[Stage, LivenessCard]:
    stage, card = opened(open_window, capturing(said(Phase.WAIT), done=(Action.BLINK, Action.NOD)))
    push(stage, flashing())
    stage.qtbot.waitUntil(lambda: bool(stage.wishes(FlashShown)))
    card.flash._timer.stop()  # from here on the test is the clock
    return stage, card


def test_the_first_grey_is_told_once_with_the_time_at_which_it_was_painted(open_window: Open) -> None:
    stage, card = flash(open_window)
    at_ms = round(stage.clock.monotonic_s() * 1000)
    assert stage.wishes(FlashShown) == [FlashShown(at_ms)]
    assert seen(card) == GREY
    for _ in range(30):
        tick(stage, card, 100)
        push(stage, flashing(LivenessPhase.FLASHING))
    assert len(stage.wishes(FlashShown)) == 1
    assert card.flash.geometry() == stage.window.rect()


def test_each_colour_is_on_the_screen_at_its_time(open_window: Open) -> None:
    stage, card = flash(open_window)
    colours, since_ms = liveness_fakes.COLOURS, 0.0
    for until_ms in (BEFORE_MS - 5, *(BEFORE_MS + EACH_MS * part / 4 + 5 for part in range(32)), WHOLE_MS - 1):
        tick(stage, card, until_ms - since_ms)
        since_ms = until_ms
        assert seen(card) == shown_at(colours, since_ms), since_ms
        around = card.flash.oval.grab().toImage().pixelColor(1, 1)
        assert (around.red(), around.green(), around.blue()) == shown_at(colours, since_ms)
    tick(stage, card, 5000)
    assert seen(card) == GREY


def test_a_colour_that_lasts_is_painted_once(open_window: Open) -> None:
    stage, card = flash(open_window)
    painted: list[int] = []
    original = card.flash.repaint
    card.flash.repaint = lambda: (painted.append(1), original())  # type: ignore[assignment]
    for _ in range(int(WHOLE_MS / 8) + 1):
        tick(stage, card, 8)
    assert len(painted) == 9, "eight colours and the last grey"


def test_the_screen_is_uncovered_when_the_colours_are_over(open_window: Open) -> None:
    stage, card = flash(open_window)
    assert card.flash.oval.isVisible()
    assert not card.capture.oval._pull_timer.isActive(), "the frames go to the other one"
    push(stage, capturing(said(Phase.RECENTRE), done=(Action.BLINK, Action.NOD), colours=liveness_fakes.COLOURS))
    assert card.flash.isHidden()
    assert card.capture.oval._pull_timer.isActive()
    assert card.capture.hasFocus()
    assert not card.flash._timer.isActive()


def test_escape_stops_also_under_the_colours(open_window: Open) -> None:
    stage, card = flash(open_window)
    assert card.flash.hasFocus()
    QTest.keyClick(card.flash, Qt.Key.Key_Tab)
    assert card.flash.hasFocus(), "the page behind does not get the keyboard"
    QTest.keyClick(card.flash, Qt.Key.Key_Escape)
    assert card.flash.isHidden()
    assert stage.wishes(AbortLiveness) == [AbortLiveness(Abort.GIVEN_UP)]
    push(stage, flashing(LivenessPhase.FLASHING))
    assert card.flash.isHidden(), "it is over here before the desk says so"


def test_the_picture_between_the_colours_is_as_large_as_before(open_window: Open) -> None:
    _, card = flash(open_window)
    area = card.capture.oval.picture_rect()
    assert card.flash.oval.picture_rect().size() == area.size()
    assert card.flash.oval.width() == area.width() + 2 * INSET_PX
