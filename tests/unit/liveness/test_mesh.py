"""The real finder of points: one face, another beside it, nobody; as they are rendered."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from app.liveness.analysis import Analyser
from app.liveness.face import MESH_POINTS, box_of, pose_of
from app.liveness.mesh import STRAIGHT, MediapipeMesh
from bench.liveness_sim.head import Head, Stance
from bench.liveness_sim.portraits import portrait
from bench.liveness_sim.scene import Camera, Room, Scene

pytestmark = pytest.mark.slow
GREY = (160, 160, 160)


@pytest.fixture
def mesh() -> Iterator[MediapipeMesh]:
    made = MediapipeMesh()
    yield made
    made.close()


def scene(*others: tuple[Head, Stance]) -> Scene:
    return Scene(Head(portrait("astronaut")), Camera(), Room(screen_ratio=0.1), 1, others)


def test_a_face_is_found_where_it_is_and_turns_to_its_left(mesh: MediapipeMesh) -> None:
    before = scene()
    found = mesh.find(before.picture(Stance(px_per_mm=1.2, x_px=40.0), GREY, 0.0))
    assert found.points is not None
    assert found.points.shape == (MESH_POINTS, 3)
    assert found.rest == STRAIGHT
    assert box_of(found.points).centre[0] == pytest.approx(360, abs=15)
    assert box_of(found.points).width_px == pytest.approx(140 * 1.2, rel=0.25)
    assert found.others == ()
    for number, yaw_deg in enumerate((8, 16, 24, 30)):
        picture = before.picture(Stance(px_per_mm=1.2, x_px=40.0, yaw_deg=yaw_deg), GREY, number / 30)
        turned = mesh.find(picture)
    assert turned.points is not None
    assert pose_of(turned.points).yaw_deg - pose_of(found.points).yaw_deg > 18


def test_another_face_is_told_and_goes_again(mesh: MediapipeMesh) -> None:
    other = (Head(portrait("astronaut", is_mirrored=True)), Stance(x_px=210.0, y_px=-30.0, px_per_mm=0.7))
    main = Stance(x_px=-60.0, px_per_mm=1.1)
    two, one = scene(other), scene()
    analyser = Analyser(mesh)
    looks = [analyser.see(two.picture(main, GREY, number / 30), number * 33.3).frame.look for number in range(6)]
    assert all(look.other_width_ratio > 0.08 for look in looks)
    looks = [analyser.see(one.picture(main, GREY, number / 30), number * 33.3).frame.look for number in range(8)]
    assert looks[-1].other_width_ratio == 0.0


def test_nobody_is_found_in_an_empty_room(mesh: MediapipeMesh) -> None:
    empty = scene().picture(Stance(x_px=5000.0), GREY, 0.0)
    assert mesh.find(empty).points is None
    assert mesh.find(np.zeros((480, 640, 3), np.uint8)).points is None
