"""Who a camera is on Linux, whatever number the kernel gave it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from app.ports.engine import Camera, CameraFormat
from capture.devices.cameras import Cameras, best_format
from capture.devices.linux_cameras import LinuxCameras
from capture.devices.v4l2 import Node
from tests.contract.capture.fake_v4l2 import FakeDriver, FakeFormat
from tests.unit.capture.devices.sysfs_tree import Tree

C920 = ("046d", "082d")
C920_ID = "usb:046d:082d:5B3F2A1C:00"
VGA = FakeFormat("YUYV", {(640, 480): (Fraction(1, 30),)})


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def cameras(tree: Tree, drivers: dict[str, FakeDriver] | None = None) -> LinuxCameras:
    """``drivers`` by node; others cannot be opened."""

    def open_node(path: str) -> Node:
        driver = (drivers or {}).get(Path(path).name)
        if driver is None:
            raise PermissionError(path)
        return driver.node()

    return LinuxCameras(tree.classes, tree.dev, open_node)


def ids(tree: Tree) -> list[str]:
    return [found.camera.device_id for found in cameras(tree).all()]


def test_the_id_stays_when_it_is_plugged_in_elsewhere_under_another_number(tree: Tree, tmp_path: Path) -> None:
    tree.camera(0, "HD Pro Webcam C920", tree.usb("1", *C920, "5B3F2A1C"))
    assert ids(tree) == [C920_ID]
    other = Tree(tmp_path / "after")
    other.camera(4, "HD Pro Webcam C920", other.usb("3.2", *C920, "5B3F2A1C", bus=2))
    assert ids(other) == [C920_ID]
    found = cameras(other).find(C920_ID)
    assert found is not None
    assert found.path == str(other.dev / "video4")


def test_two_alike_are_told_apart_by_their_sockets(tree: Tree, tmp_path: Path) -> None:
    tree.camera(0, "Cam", tree.usb("2", *C920))
    tree.camera(2, "Cam", tree.usb("1.4", *C920))
    left, right = "usb:046d:082d::00@0000:00:14.0-1.4", "usb:046d:082d::00@0000:00:14.0-2"
    assert ids(tree) == [right, left]
    # Found in the other order after a restart, each keeps its id.
    other = Tree(tmp_path / "after")
    other.camera(0, "Cam", other.usb("1.4", *C920))
    other.camera(1, "Cam", other.usb("2", *C920))
    assert ids(other) == [left, right]
    # One is taken away: the other is still meant by its id, and what was meant by the first is not it.
    other.unplug(0)
    known = cameras(other)
    assert ids(other) == ["usb:046d:082d::00"]
    found = known.find(right)
    assert found is not None
    assert found.path.endswith("video1")
    assert known.find(left) is None


def test_one_that_was_alone_is_the_first_of_two_alike(tree: Tree) -> None:
    tree.camera(3, "Cam", tree.usb("2", *C920))
    tree.camera(5, "Cam", tree.usb("1", *C920))
    found = cameras(tree).find("usb:046d:082d::00")
    assert found is not None
    assert found.path.endswith("video5")


def test_a_serial_number_that_many_share_is_none(tree: Tree) -> None:
    tree.camera(0, "Cheap", tree.usb("2", "1bcf", "2284", "0001"))
    assert ids(tree) == ["usb:1bcf:2284::00"]


def test_colour_and_infrared_of_one_device_are_two(tree: Tree) -> None:
    device = tree.usb("5", "5986", "2113", "200901010001")
    tree.camera(0, "Integrated Camera: Integrated C", device)
    tree.camera(1, "Integrated Camera: Integrated C", device, index=1)
    tree.camera(2, "Integrated Camera: Integrated I", device, function="02")
    assert ids(tree) == ["usb:5986:2113:200901010001:00", "usb:5986:2113:200901010001:02"]


def test_nodes_without_pictures_are_left_out_by_what_the_driver_says(tree: Tree) -> None:
    device = tree.usb("5", "5986", "2113", "A1")
    for number in range(4):
        tree.camera(number, "Cam", device, index=number)
    drivers = {
        "video0": FakeDriver(formats=(VGA,)),
        "video1": FakeDriver(device_caps=0x04A00000),
        "video2": FakeDriver(formats=(FakeFormat("H264", {(1920, 1080): (Fraction(1, 30),)}),)),
        "video3": FakeDriver(),
    }
    found = cameras(tree, drivers).all()
    assert [one.camera.device_id for one in found] == ["usb:5986:2113:A1:00", "usb:5986:2113:A1:00:2"]
    assert found[0].camera.formats == (CameraFormat(width_px=640, height_px=480, rates_fps=(30.0,), fourcc="YUYV"),)
    assert cameras(tree, drivers).all(with_formats=False)[0].camera.formats == ()


def test_one_that_may_not_be_opened_or_is_taken_is_listed_all_the_same(tree: Tree) -> None:
    tree.camera(0, "Cam", tree.usb("5", *C920, "X9"))
    assert cameras(tree).all()[0].camera.formats == ()


def test_programs_and_boards_have_cameras_too(tree: Tree) -> None:
    tree.camera(10, "OBS Virtual Camera", None)
    tree.camera(11, "Dummy video device (0x0000)", None)
    tree.camera(0, "vivid", tree.platform("vivid.0"))
    found = {one.camera.device_id: one.camera.is_virtual for one in cameras(tree).all()}
    assert found == {
        "bus:vivid.0": False,
        "virtual:OBS Virtual Camera": True,
        "virtual:Dummy video device (0x0000)": True,
    }


@pytest.mark.parametrize("old", ["video7", "other"])
def test_the_kernels_own_name_is_still_understood(tree: Tree, old: str) -> None:
    node = tree.camera(7, "HD Pro Webcam C920", tree.usb("1", *C920, "5B3F2A1C"))
    link = tree.root / "by-id"
    link.symlink_to(node)
    known = Cameras(cameras(tree))
    place = known.place(str(node) if old == "video7" else str(link))
    assert place is not None
    assert place.name == "HD Pro Webcam C920"
    assert known.place(str(tree.dev / "video8")) is None
    assert known.place("usb:nobody") is None


def test_what_comes_and_goes_changes_the_signature(tree: Tree) -> None:
    known = cameras(tree)
    empty = known.signature()
    tree.camera(0, "Cam", tree.usb("5", *C920, "X9"))
    one = known.signature()
    tree.unplug(0)
    assert empty == known.signature() != one
    assert LinuxCameras(tree.root / "none").signature() == ()
    assert LinuxCameras(tree.root / "none").all() == ()


def test_the_list_is_the_same_for_who_asks_again(tree: Tree) -> None:
    tree.camera(0, "Cam", tree.usb("5", *C920, "X9"))
    known = Cameras(cameras(tree))
    assert known.all() == known.all() != ()
    assert isinstance(known.all()[0], Camera)


# ---- which format is opened --------------------------------------------------------------------


def offered(*formats: tuple[int, int, float, str]) -> tuple[CameraFormat, ...]:
    return tuple(
        CameraFormat(width_px=width, height_px=height, rates_fps=(rate,), fourcc=fourcc)
        for width, height, rate, fourcc in formats
    )


@pytest.mark.parametrize(
    ("formats", "best"),
    [
        # USB 2: uncompressed it is too slow.
        (((1280, 720, 10, "YUYV"), (1280, 720, 30, "MJPG"), (640, 480, 30, "YUYV")), (1280, 720, 30, "MJPG")),
        # USB 3: nothing to unpack.
        (((1280, 720, 30, "MJPG"), (1280, 720, 30, "YUYV")), (1280, 720, 30, "YUYV")),
        # The smallest that holds the wish.
        (((3840, 2160, 30, "MJPG"), (1920, 1080, 30, "MJPG"), (640, 480, 30, "MJPG")), (1920, 1080, 30, "MJPG")),
        # None holds it: the largest.
        (((320, 240, 30, "YUYV"), (640, 480, 30, "YUYV")), (640, 480, 30, "YUYV")),
        # Fluent before large.
        (((1280, 720, 10, "YUYV"), (640, 480, 30, "YUYV")), (640, 480, 30, "YUYV")),
        # 25 a second are fluent.
        (((1280, 720, 25, "YUYV"), (640, 480, 30, "YUYV")), (1280, 720, 25, "YUYV")),
        (((1280, 720, 30, "H264"), (640, 480, 30, "YUYV")), (640, 480, 30, "YUYV")),
    ],
)
def test_the_format_that_suits_the_programme_is_opened(
    formats: tuple[tuple[int, int, float, str], ...], best: tuple[int, int, float, str]
) -> None:
    found = best_format(offered(*formats), 1280, 720, 30)
    assert found is not None
    assert (found.width_px, found.height_px, found.rates_fps[0], found.fourcc) == best


def test_without_a_list_there_is_no_best_format() -> None:
    assert best_format((), 1280, 720, 30) is None
    assert best_format(offered((1280, 720, 30, "H264")), 1280, 720, 30) is None
