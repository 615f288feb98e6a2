"""Cameras that are opened by number: each is found again under whatever number it has now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from capture.devices.cameras import Cameras
from capture.devices.indexed_cameras import IndexedCameras
from capture.devices.permission import are_sound_nodes_closed, is_denied_by_status, is_denied_in_registry

C920 = r"\\?\USB#VID_046D&PID_082D&MI_00#7&2B8C3E41&0&0000#{65e8773d-8f56-11d0-a3b9-00a0c9223196}\global"


@dataclass
class Info:
    index: int
    name: str
    path: str | None


def known(*infos: Info) -> IndexedCameras:
    return IndexedCameras(lambda: infos)


def test_a_camera_is_its_path_and_one_without_is_its_name() -> None:
    found = known(Info(0, "HD Pro Webcam C920", C920), Info(1, "OBS Virtual Camera", None)).all()
    assert [one.camera.device_id for one in found] == [f"path:{C920.lower()}", "name:OBS Virtual Camera"]
    assert [one.camera.is_virtual for one in found] == [False, True]


def test_it_is_opened_under_the_number_that_it_has_now() -> None:
    before = known(Info(0, "A", "a-path"), Info(1, "B", "b-path"))
    wish = before.all()[1].camera.device_id
    after = known(Info(0, "B", "B-PATH"))
    place = Cameras(indexed=after).place(wish)
    assert place is not None
    assert (place.target, place.name, place.path) == (0, "B", None)
    assert Cameras(indexed=known(Info(0, "A", "a-path"))).place(wish) is None


def test_the_numbers_of_older_versions_still_open() -> None:
    place = Cameras(indexed=known(Info(0, "A", "a"), Info(1, "B", "b"))).place("1")
    assert place is not None
    assert (place.target, place.name) == (1, "B")


def test_two_virtual_ones_of_one_name_are_counted() -> None:
    found = known(Info(0, "Cam", ""), Info(1, "Cam", None), Info(2, "", None)).all()
    assert [one.camera.device_id for one in found] == ["name:Cam", "name:Cam#2", "name:Camera 3"]


def test_the_signature_changes_with_what_is_there() -> None:
    assert known(Info(0, "A", "a")).signature() != known(Info(1, "A", "a")).signature()
    assert Cameras(indexed=known(Info(0, "A", "a"))).signature() == known(Info(0, "A", "a")).signature()


# ---- permission ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("denied", "camera", "microphone"),
    [
        ({}, False, False),
        ({("HKLM", "webcam"): "Deny"}, True, False),
        ({("HKCU", "webcam"): "Deny"}, True, False),
        ({("HKCU", r"webcam\NonPackaged"): "Deny"}, True, False),
        ({("HKCU", "microphone"): "Deny", ("HKCU", "webcam"): "Allow"}, False, True),
    ],
)
def test_windows_privacy_switches(denied: dict[tuple[str, str], str], camera: bool, microphone: bool) -> None:
    def read(root: str, key: str) -> str:
        return denied.get((root, key.partition("ConsentStore\\")[2]), "")

    assert is_denied_in_registry("camera", read) is camera
    assert is_denied_in_registry("microphone", read) is microphone


@pytest.mark.parametrize(("status", "is_denied"), [(0, False), (1, True), (2, True), (3, False)])
def test_macos_authorization(status: int, is_denied: bool) -> None:
    asked: list[str] = []

    def tell(media_type: str) -> int:
        asked.append(media_type)
        return status

    assert is_denied_by_status("microphone", tell) is is_denied
    assert asked == ["soun"]


def test_sound_nodes_that_none_may_use_are_a_matter_of_rights(tmp_path: Path) -> None:
    assert not are_sound_nodes_closed(tmp_path, lambda _: False), "nothing there is missing, not forbidden"
    for name in ("pcmC0D0p", "pcmC0D0c", "pcmC1D0c"):
        (tmp_path / name).touch()
    assert are_sound_nodes_closed(tmp_path, lambda _: False)
    assert not are_sound_nodes_closed(tmp_path, lambda path: path.name == "pcmC1D0c")
