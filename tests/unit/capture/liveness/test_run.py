"""An attempt from the first frame to the sealed package, and all that ends it."""

from __future__ import annotations

import gc

import av
import cv2
import numpy as np
import pytest

from app.contract.liveness import MAX_PACKAGE_BYTES
from app.domain.flash import WHOLE_MS
from app.domain.liveness import Abort, Action, LivenessPath, OrderKind, Phase, Prompt
from app.domain.liveness import Stage as ActionStage
from app.errors import InputError
from app.liveness.chain import links_of
from app.liveness.face import Box
from app.liveness.package import MAX_STILLS, Still, TrackFrame, Unit
from app.ports import engine as port
from capture.liveness import clip, run
from capture.liveness.looking import fitted
from tests.unit.capture.liveness.stage import ACTED, COLOURS, Stage, picture
from tests.unit.liveness.stick import Stance

ORDERS = [(Action.TURN_LEFT, Action.BLINK), (Action.MOUTH_OPEN, Action.NOD, Action.TURN_RIGHT)]


@pytest.mark.parametrize("actions", ORDERS)
def test_what_was_sealed_is_what_the_service_expects(actions: tuple[Action, ...]) -> None:
    stage = Stage()
    stage.whole(actions)
    manifest = stage.checked(actions)
    said = stage.heard(port.LivenessSaid)
    assert [one.number for one in said] == list(range(len(actions) + 2))
    assert len(said[0].public_key) == 32 and not any(one.public_key for one in said[1:])
    assert (manifest.width_px, manifest.height_px) == (640, 480)
    assert manifest.flash_us is not None
    assert (manifest.device.is_exposure_fixed, manifest.device.is_balance_fixed) == (True, None)
    assert manifest.device.rate_fps == pytest.approx(30, abs=0.1)
    assert stage.fixes == [True, False]
    assert stage.run.is_over and len(stage.run.sealed.content) < MAX_PACKAGE_BYTES  # type: ignore[union-attr]


def test_the_clip_decodes_frame_by_frame_with_the_times_of_the_capture() -> None:
    stage = Stage()
    stage.whole()
    package = stage.opened()
    decoder = av.CodecContext.create("h264", "r")
    frames = [frame for unit in package.units for frame in decoder.decode(av.Packet(unit.data))] + decoder.decode(None)
    assert len(frames) == len(package.units)
    assert {(frame.width, frame.height) for frame in frames} == {(640, 480)}
    gaps = np.diff([unit.at_us for unit in package.units])
    assert gaps.min() > 33_000 and gaps.max() < 34_000
    assert package.units[0].data[:4] in (b"\0\0\0\1", b"\0\0\1\x67")
    assert np.abs(frames[-1].to_ndarray(format="bgr24").astype(int) - picture()).mean() < 4
    track = package.read_track()
    assert [one.at_us for one in track] == [unit.at_us for unit in package.units]
    assert {one.phase for one in track} >= {Phase.ALIGN, Phase.WAIT, Phase.ACTION, Phase.FLASH, Phase.RECENTRE}


def test_stills_are_the_best_and_four_of_each_step() -> None:
    stage = Stage()
    stage.whole((Action.TURN_LEFT, Action.MOUTH_OPEN))
    stills = stage.opened().read_stills()
    labels = [one.label for one in stills]
    assert labels == [
        "best", *(f"turn_left_{n}" for n in range(1, 5)), *(f"mouth_open_{n}" for n in range(1, 5)),
        *(f"flash_{n}" for n in range(1, 5)),
    ]  # fmt: skip
    assert len(labels) <= MAX_STILLS
    for still in stills:
        shown = cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert shown is not None and shown.shape == (480, 640, 3)


def test_only_the_last_seconds_before_the_person_was_in_place_are_kept() -> None:
    stage = Stage()
    stage.mesh.stance = None
    stage.frames(12)
    assert stage.last.prompt is Prompt.NO_FACE
    assert stage.run._clip is not None and stage.run._clip.count <= 30 * 5
    stage.mesh.stance = Stance()
    stage.in_place()
    [said] = stage.heard(port.LivenessSaid)
    lead_us = said.at_us - stage.run._clip.first_us
    assert clip.LEAD_US <= lead_us <= clip.LEAD_US + clip.KEY_US + 100_000
    units = stage.run._clip.units
    assert said.link == links_of("l1", bytes(range(32)), [(one.at_us, one.data) for one in units])[-1]
    assert said.units == len(units)


@pytest.mark.parametrize(
    ("path", "actions"),
    [(LivenessPath.NO_FLASH, (Action.NOD, Action.TURN_RIGHT)), (LivenessPath.NO_ACTIONS, ())],
)
def test_the_other_ways(path: LivenessPath, actions: tuple[Action, ...]) -> None:
    stage = Stage(path)
    stage.whole(actions)
    assert (stage.checked(actions).flash_us is None) is (path is LivenessPath.NO_FLASH)


def test_nothing_of_the_person_is_left_when_it_is_sealed_or_aborted() -> None:
    for is_sealed in (True, False):
        stage = Stage()
        if is_sealed:
            stage.whole()
        else:
            stage.in_place()
            stage.act(Action.TURN_LEFT)
            assert _reached(stage.run, (Unit, TrackFrame, Still, np.ndarray))
            stage.run.abort(Abort.GIVEN_UP)
        stage.bgr = np.zeros((1, 1, 3), np.uint8)
        assert _reached(stage.run, (Unit, TrackFrame, Still, np.ndarray)) == []
        assert (stage.run.sealed is not None) is is_sealed
        assert "Ed25519PrivateKey" not in {type(one).__name__ for one in _all_of(stage.run)}
        assert stage.run._asked.nonce.hex() not in repr(stage.run) + repr(stage.run.sealed) + repr(stage.run._asked)


def _all_of(root: object) -> list[object]:
    """All that can be reached by what it holds, and not by modules, classes and functions."""
    seen: dict[int, object] = {}
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type) or type(one).__name__ in ("module", "function", "frame", "method"):
            continue
        if isinstance(one, Stage):
            continue
        seen[id(one)] = one
        waiting += gc.get_referents(one)
    return list(seen.values())


def _reached(root: object, kinds: tuple[type, ...]) -> list[str]:
    return [type(one).__name__ for one in _all_of(root) if isinstance(one, kinds) and getattr(one, "size", 9) > 3]


# ---- what ends it --------------------------------------------------------------------------------


def _aborted(stage: Stage) -> tuple[Abort | None, str]:
    assert stage.run.is_over and stage.run.sealed is None
    return stage.last.abort, stage.last.code


def test_a_lost_face_a_second_one_and_a_jump() -> None:
    for spoil, reason in (
        (lambda stage: setattr(stage.mesh, "stance", None), Abort.FACE_LOST),
        (lambda stage: setattr(stage.mesh, "others", (Box(0, 0, 100, 100),)), Abort.SECOND_FACE),
    ):
        stage = Stage()
        stage.in_place()
        spoil(stage)
        stage.frames(1.0)
        assert _aborted(stage) == (reason, "")


def test_the_wrong_side_and_an_action_that_does_not_come() -> None:
    stage = Stage()
    stage.in_place()
    stage.order(OrderKind.ACTION, action=Action.TURN_LEFT)
    stage.frames(2, ACTED[Action.TURN_RIGHT])
    assert _aborted(stage) == (Abort.WRONG_SIDE, "")
    stage = Stage()
    stage.in_place()
    stage.order(OrderKind.ACTION, action=Action.BLINK)
    stage.frames(8.2)
    assert _aborted(stage) == (Abort.ACTION_TOO_LATE, "")


def test_frames_that_are_missing() -> None:
    stage = Stage()
    stage.in_place()
    stage.frame(400)
    assert _aborted(stage) == (Abort.FRAMES_MISSING, "")
    stage = Stage()
    stage.in_place()
    stage.frames(1)
    for number in range(60):
        stage.frame(67 if number % 4 == 0 else 100 / 3)
    assert _aborted(stage) == (Abort.FRAMES_MISSING, "")
    stage = Stage()
    stage.in_place()
    stage.now_ms += run.SILENT_MS + 1
    stage.run.tick()
    assert _aborted(stage) == (Abort.FRAMES_MISSING, "")


def test_a_frame_that_is_not_looked_at_is_in_the_clip_all_the_same() -> None:
    stage = Stage()
    stage.in_place()
    looked = stage.mesh.looked
    for number in range(60):
        stage.frame(is_analysed=number % 3 != 0)
    assert stage.mesh.looked - looked == 40 and not stage.run.is_over
    assert stage.run._clip is not None
    assert stage.run._clip.count == stage.heard(port.LivenessSaid)[0].units + 60


def test_a_camera_that_comes_and_goes() -> None:
    stage = Stage()
    stage.frames(0.5)
    stage.run.away("camera_lost")
    assert (stage.last.phase, stage.last.code) == (Phase.ALIGN, "camera_lost")
    stage.frames(0.3)
    assert stage.last.code == ""
    stage.bgr = picture(800, 600)
    stage.in_place()
    assert stage.run._clip is not None and stage.run._clip.width_px == 800
    stage.run.away("camera_frozen")
    assert _aborted(stage) == (Abort.CAMERA_CHANGED, "camera_frozen")
    for change in ("size", "again"):
        stage = Stage()
        stage.in_place()
        stage.bgr = picture(800, 600) if change == "size" else stage.bgr
        stage.run.reopened() if change == "again" else stage.frame()
        assert _aborted(stage) == (Abort.CAMERA_CHANGED, "")


def test_a_camera_that_is_too_small_or_too_slow() -> None:
    stage = Stage(min_size_px=480)
    stage.bgr = picture(320, 240)
    stage.frame()
    assert _aborted(stage) == (Abort.CAMERA_CHANGED, "liveness_camera_needed")
    stage = Stage()
    for _ in range(40):
        if not stage.run.is_over:
            stage.frame(100)
    assert _aborted(stage) == (Abort.FRAMES_MISSING, "")
    assert stage.heard(port.LivenessSaid) == []


def test_larger_pictures_are_made_smaller_in_proportion() -> None:
    assert fitted(picture(1920, 1080)).shape == (720, 1280, 3)
    assert fitted(picture(1600, 1200)).shape == (720, 960, 3)
    assert fitted(picture(641, 481)).shape == (480, 640, 3)
    same = picture(1280, 720)
    assert fitted(same) is same


def test_colours_that_nobody_shows() -> None:
    stage = Stage()
    stage.in_place()
    stage.order(OrderKind.FLASH, colours=COLOURS)
    stage.frames(run.FLASH_WAIT_MS / 1000 + 0.2)
    assert _aborted(stage) == (Abort.TOO_LONG, "")
    assert stage.fixes == [True, False]


def test_a_camera_that_goes_dark_when_it_is_to_keep_its_exposure_goes_on_by_itself() -> None:
    stage = Stage()
    stage.in_place()
    stage.frames(0.2)
    stage.order(OrderKind.FLASH, colours=COLOURS)
    stage.bgr = (stage.bgr * 0.4).astype(np.uint8)
    stage.frames(0.1)
    assert stage.fixes == [True, False]
    stage.bgr = picture()
    stage.run.flash_began(stage.now_ms)
    stage.frames(WHOLE_MS / 1000 + 0.2)
    stage.order(OrderKind.SEAL)
    stage.until(Phase.FINISHED)
    assert stage.fixes == [True, False]
    device = stage.checked(()).device
    assert (device.is_exposure_fixed, device.is_balance_fixed) == (False, False)


def test_a_clip_that_would_become_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip, "MAX_UNITS", 200)
    stage = Stage()
    stage.in_place()
    stage.frames(7)
    assert _aborted(stage) == (Abort.TOO_LONG, "")


@pytest.mark.slow
def test_the_longest_clip_of_the_worst_pictures_fits_into_a_package() -> None:
    rng = np.random.default_rng(1)
    noisy = [rng.integers(0, 255, (480, 640, 3), np.uint8) for _ in range(3)]
    rates: dict[bool, float] = {}
    for is_fine, seconds in ((False, 5), (True, 3)):
        film = clip.Clip("l1", b"n" * 32, 640, 480)
        film.fix()
        if is_fine:
            film.set_fine(True)
        for number in range(seconds * 30):
            film.add(noisy[number % 3], number * 33_333)
        rates[is_fine] = sum(len(unit.data) for unit in film.units) / seconds
    flash_s = WHOLE_MS / 1000 + 1
    assert rates[True] * flash_s + rates[False] * (64 - flash_s) < clip.MOST_BYTES
    assert rates[True] > 2 * rates[False]
    assert clip.MOST_BYTES + 16 * 1024 * 200 + 3600 * 100 < MAX_PACKAGE_BYTES


# ---- orders --------------------------------------------------------------------------------------


def test_orders_that_nobody_waits_for_change_nothing() -> None:
    stage = Stage()
    turn = port.OrderLiveness(number=0, kind=OrderKind.ACTION, action=Action.TURN_LEFT)
    with pytest.raises(InputError):
        stage.run.order(turn)
    stage.in_place()
    for wrong in (
        port.OrderLiveness(number=1, kind=OrderKind.SEAL),
        port.OrderLiveness(number=-1, kind=OrderKind.SEAL) if stage.run._answered != -1 else None,
        port.OrderLiveness(number=0, kind=OrderKind.ACTION),
        port.OrderLiveness(number=0, kind=OrderKind.FLASH, colours=COLOURS[:3]),
        port.OrderLiveness(number=0, kind=OrderKind.FLASH, colours=((300, 0, 0), *COLOURS[1:])),
    ):
        if wrong is not None:
            with pytest.raises(InputError):
                stage.run.order(wrong)
    with pytest.raises(InputError):
        stage.run.flash_began(stage.now_ms)
    stage.run.order(turn)
    stage.run.order(turn)
    stage.run.order(port.OrderLiveness(number=0, kind=OrderKind.SEAL))
    assert stage.run.status.phase is Phase.ACTION
    with pytest.raises(InputError):
        stage.run.order(port.OrderLiveness(number=1, kind=OrderKind.SEAL))
    stage.frames(2.6, ACTED[Action.TURN_LEFT])
    assert [one.number for one in stage.heard(port.LivenessSaid)] == [0, 1]
    stage.run.abort(Abort.FOCUS_LOST)
    stage.run.abort(Abort.GIVEN_UP)
    with pytest.raises(InputError):
        stage.order(OrderKind.SEAL)
    assert _aborted(stage) == (Abort.FOCUS_LOST, "")
    heard = len(stage.events)
    stage.frames(1)
    assert len(stage.events) == heard


def test_the_flash_begins_when_the_screen_says_so_and_not_at_another_time() -> None:
    stage = Stage()
    stage.in_place()
    stage.order(OrderKind.FLASH, colours=COLOURS)
    for at_ms in (stage.now_ms - 60_000, stage.now_ms + 60_000):
        with pytest.raises(InputError):
            stage.run.flash_began(at_ms)
    assert stage.run.status.phase is Phase.WAIT
    stage.run.flash_began(stage.now_ms)
    stage.run.flash_began(stage.now_ms)
    assert stage.run.status.phase is Phase.FLASH


def test_the_screen_is_told_at_once_what_changes_and_else_ten_times_a_second() -> None:
    stage = Stage()
    stage.in_place()
    stage.order(OrderKind.ACTION, action=Action.TURN_LEFT)
    assert (stage.last.phase, stage.last.action, stage.last.left_ms) == (Phase.ACTION, Action.TURN_LEFT, 8000)
    before = len(stage.heard(port.LivenessChanged))
    stage.frames(2.6, ACTED[Action.TURN_LEFT])
    told = stage.heard(port.LivenessChanged)[before:]
    assert 20 <= len(told) <= 36
    stages = [one.stage for one in told if one.phase is Phase.ACTION]
    assert [one for one, last in zip(stages, [None, *stages], strict=False) if one != last] == [
        ActionStage.WAITING, ActionStage.UNDERWAY, ActionStage.RETURNING,
    ]  # fmt: skip
    shares = [one.share_ratio for one in told if one.stage is ActionStage.UNDERWAY]
    assert len(shares) > 3 and shares == sorted(shares) and shares[-1] <= 1.0


def test_what_holds_is_told_beside_what_is_asked_for() -> None:
    stage = Stage()
    stage.mesh.stance = Stance(px_per_mm=0.5, roll_deg=30)
    stage.frames(1.5)
    assert stage.last.prompt is Prompt.TOO_FAR
    assert set(stage.last.holding) >= {Prompt.TOO_FAR, Prompt.TILTED}
    stage.mesh.stance = Stance()
    stage.frames(1.3)
    assert stage.last.holding == () or stage.last.phase is Phase.WAIT
