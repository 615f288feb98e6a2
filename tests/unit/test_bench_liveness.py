"""The simulated head moves, shines and is encoded as it should be; and whole face checks tell it from its picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.domain.flash import GREY, PALETTE
from app.domain.liveness import Action, Retry
from app.liveness.verdict import Verdict
from bench import liveness
from bench.liveness_sim.attacks import Light, PhotoKind, Spliced, library, photo
from bench.liveness_sim.clip_figures import ActionTally
from bench.liveness_sim.clips import ClipsError, segments_of, window
from bench.liveness_sim.coding import ClipEncoder, decoded
from bench.liveness_sim.face_motion import Face
from bench.liveness_sim.head import Head, Stance
from bench.liveness_sim.head import Light as Lit
from bench.liveness_sim.performer import Habits, Performer
from bench.liveness_sim.portraits import portrait
from bench.liveness_sim.scene import Camera, Room, Scene
from bench.liveness_sim.shape import paper
from bench.liveness_sim.subjects import LiveCamera, Seen, usual

WALL = (90, 90, 90)


def drawn(head: Head, stance: Stance, light: Lit = Lit()) -> np.ndarray:
    picture = np.full((480, 640, 3), WALL, np.uint8)
    head.draw(picture, stance, light)
    return picture


@pytest.fixture(scope="module")
def head() -> Head:
    return Head(portrait("astronaut"))


def test_a_head_hides_the_wall_and_turns_and_paper_does_not_stand_out(head: Head) -> None:
    front, turned = drawn(head, Stance()), drawn(head, Stance(yaw_deg=30))
    assert tuple(front[5, 5]) == WALL
    assert np.abs(front[240, 320].astype(int) - WALL).max() > 20
    assert np.abs(front.astype(int) - turned).mean() > 5
    flat = Head(portrait("astronaut"), shape=paper())
    edge_on = (drawn(flat, Stance(yaw_deg=70)) != WALL).any(axis=2).sum()
    assert edge_on < 0.5 * (drawn(flat, Stance()) != WALL).any(axis=2).sum()
    # A head is as wide from the side.
    assert (turned != WALL).any(axis=2).sum() > 0.9 * (front != WALL).any(axis=2).sum()


def test_eyes_shut_and_mouth_opens(head: Head) -> None:
    front = drawn(head, Stance()).astype(int)
    eye = portrait("astronaut").lines["eye_left_upper"].mean(axis=0)
    mouth = portrait("astronaut").lines["lip_lower"].mean(axis=0)
    for face, place in ((Face(lids=1.0), eye), (Face(mouth_mm=40.0), mouth + np.array((0, 12)))):
        changed = np.abs(drawn(head, Stance(face=face)).astype(int) - front).max(axis=2)
        x, y = round(320 + float(place[0]) * 1.5), round(240 + float(place[1]) * 1.5)
        assert changed[y - 12 : y + 12, x - 12 : x + 12].max() > 40
        assert changed[:100].max() < 10


def test_the_light_of_a_screen_adds_up_on_skin(head: Head) -> None:
    stance = Stance()
    plain, blue = drawn(head, stance), drawn(head, stance, Lit(screen=(0.5, 0.0, 0.0)))
    # Between the brows the face looks into the camera, on the cheek aside.
    brow, cheek = (
        (blue[part].reshape(-1, 3).mean(axis=0) / plain[part].reshape(-1, 3).mean(axis=0)) ** 2.2
        for part in (np.s_[185:200, 310:325], np.s_[270:300, 270:300])
    )
    assert 1.4 < brow[0] < 1.55
    assert 1.2 < cheek[0] < brow[0]
    assert [*brow[1:], *cheek[1:]] == pytest.approx([1.0] * 4, abs=0.02)


def test_each_frame_is_a_unit_with_its_time() -> None:
    scene = Scene(Head(portrait("astronaut")), Camera(fps=20.0), Room())
    encoder = ClipEncoder(640, 480, 20.0)
    frames = [scene.picture(Stance(x_px=number), GREY, number / 20) for number in range(8)]
    units = [encoder.encode(frame, number * 50_000 + 7) for number, frame in enumerate(frames)]
    assert units[0].data[:4] == b"\x00\x00\x00\x01"
    found = list(decoded(units))
    assert [at_ms for at_ms, _ in found] == [unit.at_us / 1000 for unit in units]
    assert all(np.abs(one.astype(int) - frame).mean() < 6 for (_, one), frame in zip(found, frames, strict=True))


def test_a_performer_does_it_and_once_more_and_turns_back_when_it_is_enough() -> None:
    habits = Habits(sway_deg=0.0, sway_px=0.0, own_blinks_s=99.0)
    performer = Performer(habits)
    performer.tell(Action.NOD, 1.0)
    pitches = [performer.stance(1.0 + number / 50).pitch_deg for number in range(300)]
    assert max(pitches[:100]) == pytest.approx(habits.nod_deg, abs=0.5)
    assert pitches[100] < 1
    assert max(pitches[100:]) > habits.nod_deg + 1
    guided = Performer(habits)
    guided.tell(Action.TURN_RIGHT, 0.0, is_enough=False)
    assert guided.stance(1.4).yaw_deg < -20
    guided.tell(Action.TURN_RIGHT, 1.4, is_enough=True)
    assert guided.stance(3.0).yaw_deg == pytest.approx(0.0, abs=0.1)


def test_a_live_camera_follows_what_the_person_sees() -> None:
    seen = [Seen(GREY)]
    person = usual(Camera(noise=0.0, drift_ratio=0.0))
    camera = LiveCamera(lambda: seen[0], person)
    grey = camera.frame(0.0)
    seen[0] = Seen(PALETTE[0])
    blue = camera.frame(0.02)
    skin = np.s_[270:300, 270:300]
    assert np.log(blue[skin] / grey[skin]).mean(axis=(0, 1))[0] > np.log(blue[skin] / grey[skin]).mean(axis=(0, 1))[2]
    seen[0] = Seen(GREY, Action.TURN_LEFT)
    assert person.performer.stance(0.03).yaw_deg == pytest.approx(0.0, abs=2)
    camera.frame(0.04)
    camera.frame(1.4)
    assert person.performer.stance(1.45).yaw_deg > 25


def test_labels_that_are_wrong_are_told(tmp_path: Path) -> None:
    with pytest.raises(ClipsError, match=r"no .*labels"):
        segments_of(tmp_path)
    (tmp_path / "a.mp4").write_bytes(b"")
    for row, what in (
        ("a.mp4,0,1,wave", "wave"),
        ("b.mp4,0,1,nod", "no file"),
        ("a.mp4,2,1,nod", "from 2.0"),
        ("a.mp4,x,1,nod", "needed"),
    ):
        (tmp_path / "labels.csv").write_text(f"file,start_s,end_s,label\n{row}\n", encoding="utf-8")
        with pytest.raises(ClipsError, match=what):
            segments_of(tmp_path)
    (tmp_path / "labels.csv").write_text("file,start_s,end_s,label\na.mp4,0,1.5,neutral\n", encoding="utf-8")
    assert [one.label for one in segments_of(tmp_path)] == ["neutral"]


def test_the_part_of_a_picture_stays_within_it() -> None:
    from app.liveness.face import Box

    for box in (Box(5, 5, 60, 80), Box(400, 200, 60, 60), Box(100, 20, 300, 240)):
        left, top, wide, high = window(box, 480, 270)
        assert left >= 0
        assert top >= 0
        assert left + wide <= 480
        assert top + high <= 270


def test_what_was_told_is_counted() -> None:
    tally = ActionTally()
    assert tally.add(Action.BLINK, {Action.BLINK})
    assert not tally.add(Action.TURN_LEFT, {Action.TURN_RIGHT})
    assert not tally.add(None, {Action.NOD})
    assert tally.add(Action.NOD, {Action.NOD, Action.BLINK})
    assert tally.figures() == {
        "blink_precision": 0.5, "blink_recall": 1.0, "action_accuracy": 0.3333, "wrong_side_accepted": 1.0,
    }  # fmt: skip


def test_a_part_that_there_is_not_is_an_error() -> None:
    with pytest.raises(ValueError, match="no part blinks"):
        liveness.run(True, None, only=["blinks"])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_whole_checks_tell_a_person_from_what_is_shown_instead() -> None:
    from app.liveness.mesh import MediapipeMesh
    from bench.liveness_sim.desk import Desk
    from bench.liveness_sim.trial import honest, hostile

    desk = Desk(MediapipeMesh, 1)
    actions = (Action.TURN_LEFT, Action.BLINK)
    trial = honest(desk, desk.begin(actions=actions), usual(Camera(fps=25.0)), 1)
    assert trial.is_accepted, trial.outcome
    picture = hostile(desk, desk.begin(actions=actions), photo(PhotoKind.CUT_OUT, 1), 1)
    assert picture.judgement is not None
    assert picture.judgement.verdict is not Verdict.LIVE
    clip = hostile(desk, desk.begin(actions=actions), Spliced(library(0, MediapipeMesh), Light.GUESSED, 1), 1)
    assert clip.judgement is not None
    assert clip.judgement.retry is Retry.NO_LIGHT


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_part_of_the_bench_is_measured_and_the_rest_is_null() -> None:
    figures = liveness.run(True, None, only=["tampered", "frame"])
    assert figures["tampered_tried"] == 13
    assert figures["tampered_accepted"] == 0
    assert figures["frame_cpu_p50_ms"] is not None
    assert figures["photo_tried"] is None
    assert set(liveness.GOALS) <= set(figures)
