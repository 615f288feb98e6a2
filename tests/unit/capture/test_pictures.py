"""Programme time, conversion, composition, and the life of a device, without a device."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import DeviceError
from app.ports.engine import SourceStatus
from app.runtime.clock import ManualClock
from capture.compose.compositor import Compositor
from capture.convert import Converter, fit
from capture.devices.cameras import list_cameras
from capture.frames import I420, PictureFormat, planes
from capture.programme import ProgrammeTime
from capture.sources import counter
from capture.sources.base import DeviceLoop, SourceState
from capture.sources.camera import why_closed
from capture.sources.card import Card, Cards

PICTURE = PictureFormat(320, 180, 30)


def plain(luma: int) -> av.VideoFrame:
    picture = I420(PICTURE.width_px, PICTURE.height_px)
    picture.y[:], picture.u[:], picture.v[:] = luma, 128, 128
    return picture.frame()


def luma_of(frame: av.VideoFrame) -> int:
    return int(np.median(planes(frame)[0]))


# ---- conversion ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bgr", "yuv"),
    [
        # BT.709, limited range, by ITU-R BT.709-6.
        ((255, 255, 255), (235, 128, 128)),
        ((0, 0, 0), (16, 128, 128)),
        ((0, 0, 255), (63, 102, 240)),
        ((0, 255, 0), (173, 42, 26)),
        ((255, 0, 0), (32, 240, 118)),
    ],
)
def test_colours_are_bt709(bgr: tuple[int, int, int], yuv: tuple[int, int, int]) -> None:
    pixels = np.full((180, 320, 3), bgr, np.uint8)
    frame = Converter(PICTURE).from_bgr(pixels)
    found = [int(np.median(plane)) for plane in planes(frame)]
    assert found == pytest.approx(yuv, abs=2)


def test_a_picture_that_fits_is_not_copied() -> None:
    frame = plain(100)
    frame.colorspace = av.video.reformatter.Colorspace.ITU709
    assert Converter(PICTURE).from_frame(frame) is frame


def test_another_shape_lies_between_black_bars() -> None:
    pixels = np.full((180, 180, 3), 255, np.uint8)
    y = planes(Converter(PICTURE).from_bgr(pixels))[0]
    assert y.shape == (180, 320)
    assert (y[:, :60] == 16).all() and (y[:, -60:] == 16).all()
    assert (y[:, 80:-80] > 230).all()


@given(st.integers(1, 8000), st.integers(1, 8000), st.integers(64, 2000), st.integers(64, 2000))
def test_a_fitted_size_is_even_and_inside(width: int, height: int, half_width: int, half_height: int) -> None:
    found = fit(width, height, 2 * half_width, 2 * half_height)
    assert all(side % 2 == 0 and side >= 2 for side in found)
    assert found[0] <= 2 * half_width and found[1] <= 2 * half_height
    assert found[0] == 2 * half_width or found[1] == 2 * half_height or min(width, height) * 100 < max(width, height)


# ---- composition ---------------------------------------------------------------------------------


class Shown:
    """A source of one picture, or of none."""

    def __init__(self, frame: av.VideoFrame | None, *, has_counter: bool = False) -> None:
        self.frame = frame
        self.has_counter = has_counter

    def start(self) -> None:
        """Nothing runs."""

    def frame_at(self, time_s: float) -> av.VideoFrame | None:
        return self.frame

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def compositor() -> Compositor:
    clock = ManualClock()
    return Compositor(PICTURE, ProgrammeTime(clock.monotonic_s(), 30), clock, lambda *_: None)


def is_card(frame: av.VideoFrame, card: Card) -> bool:
    return all(
        np.array_equal(one, other) for one, other in zip(planes(frame), planes(Cards(PICTURE).frame(card)), strict=True)
    )


def test_no_source_is_the_camera_off_card(compositor: Compositor) -> None:
    assert is_card(compositor.compose(0), Card.CAMERA_OFF)


def test_a_live_source_is_shown_untouched(compositor: Compositor) -> None:
    source = Shown(plain(90))
    compositor.set_source(source)
    assert compositor.compose(0) is source.frame


def test_a_lost_source_is_a_card_at_once(compositor: Compositor) -> None:
    source = Shown(plain(90))
    compositor.set_source(source)
    compositor.compose(0)
    source.frame = None
    compositor.set_status(SourceStatus.LOST)
    assert is_card(compositor.compose(1), Card.BACK_SOON)


def test_between_two_sources_the_last_picture_stays_for_a_second(compositor: Compositor) -> None:
    compositor.set_source(Shown(plain(90)))
    compositor.compose(0)
    compositor.set_source(Shown(None))
    assert luma_of(compositor.compose(29)) == 90
    assert is_card(compositor.compose(31), Card.BACK_SOON)


def test_a_live_source_without_its_first_picture_flashes_no_card(compositor: Compositor) -> None:
    compositor.set_source(Shown(plain(90)))
    compositor.compose(0)
    compositor.set_source(Shown(None))
    compositor.set_status(SourceStatus.LIVE)
    assert luma_of(compositor.compose(3)) == 90


@pytest.mark.parametrize("by_card", [True, False])
def test_a_picture_that_was_switched_off_does_not_come_back_with_the_next_source(
    compositor: Compositor, by_card: bool
) -> None:
    compositor.set_source(Shown(plain(90)))
    compositor.compose(0)
    if by_card:
        compositor.set_card(Card.CAMERA_OFF)
    else:
        compositor.set_source(None)
    compositor.compose(1)
    compositor.set_card(None)
    compositor.set_source(Shown(None))
    assert is_card(compositor.compose(2), Card.BACK_SOON)


@pytest.mark.parametrize("card", list(Card))
def test_a_card_that_is_wished_for_covers_everything(compositor: Compositor, card: Card) -> None:
    compositor.set_source(Shown(plain(90)))
    compositor.set_card(card)
    assert is_card(compositor.compose(0), card)
    compositor.set_card(None)
    assert luma_of(compositor.compose(1)) == 90


def test_the_counter_is_burnt_into_a_copy(compositor: Compositor) -> None:
    source = Shown(plain(90), has_counter=True)
    compositor.set_source(source)
    painted = compositor.compose(77)
    reading = counter.read(planes(painted)[0])
    assert reading is not None and reading.number == 77
    assert source.frame is not None
    assert counter.read(planes(source.frame)[0]) is None


def test_cards_are_not_black_and_differ() -> None:
    cards = Cards(PICTURE)
    means = [float(planes(cards.frame(card))[0].std()) for card in Card]
    assert min(means) > 5
    assert cards.frame(Card.ENDING) is cards.frame(Card.ENDING)
    assert not is_card(cards.frame(Card.ENDING), Card.BACK_SOON)


# ---- devices -------------------------------------------------------------------------------------


class FakeDevice:
    """Reads what the script says; a string is a DeviceError of that code; the clock goes on with each read."""

    width_px, height_px = 1280, 720

    def __init__(self, clock: ManualClock, script: list[object], on_empty: Callable[[], None]) -> None:
        self._clock, self._script, self._on_empty = clock, script, on_empty
        self.is_closed = False

    def read(self) -> av.VideoFrame | None:
        self._clock.advance(0.5)
        if not self._script:
            self._on_empty()
            return None
        step = self._script.pop(0)
        if isinstance(step, str):
            raise DeviceError(step)
        assert step is None or isinstance(step, av.VideoFrame)
        return step

    def close(self) -> None:
        self.is_closed = True


def life(*openings: object) -> tuple[list[tuple[SourceStatus, str]], list[FakeDevice]]:
    """What is reported while a device is opened again and again; a string is a failure to open."""
    clock = ManualClock()
    told: list[SourceState] = []
    devices: list[FakeDevice] = []
    left = list(openings)

    def open_device() -> FakeDevice:
        if not left:
            loop.close()
            raise DeviceError("no_camera")
        step = left.pop(0)
        if isinstance(step, str):
            raise DeviceError(step)
        assert isinstance(step, list)
        devices.append(FakeDevice(clock, list(step), loop.close))
        return devices[-1]

    loop = DeviceLoop("camera", "Cam", open_device, told.append, clock)
    loop.run()
    return [(state.status, state.code) for state in told], devices


def test_a_device_that_delivers_is_live_and_closed_at_the_end() -> None:
    told, devices = life([plain(1), plain(2)])
    assert told == [(SourceStatus.LIVE, "")]
    assert devices[0].is_closed


def test_one_that_cannot_be_opened_is_tried_until_it_can() -> None:
    told, _ = life("camera_in_use", "camera_in_use", [plain(1)])
    assert told == [(SourceStatus.FAILED, "camera_in_use"), (SourceStatus.LIVE, "")]


def test_one_that_vanishes_stays_lost_while_it_is_away_and_comes_back() -> None:
    told, devices = life([plain(1), "camera_lost"], "no_camera", "no_camera", [plain(2)])
    assert told == [(SourceStatus.LIVE, ""), (SourceStatus.LOST, "camera_lost"), (SourceStatus.LIVE, "")]
    assert all(device.is_closed for device in devices)


def test_one_that_freezes_is_opened_anew() -> None:
    told, _ = life([plain(1), None, None, None, None, None, None], [plain(2)])
    assert told == [(SourceStatus.LIVE, ""), (SourceStatus.LOST, "camera_frozen"), (SourceStatus.LIVE, "")]


def test_one_that_opens_and_never_delivers_is_taken_by_another() -> None:
    told, _ = life([None] * 6, [plain(1)])
    assert told == [(SourceStatus.FAILED, "camera_in_use"), (SourceStatus.LIVE, "")]


def test_one_that_wakes_slowly_after_a_loss_is_waited_for() -> None:
    told, devices = life([plain(1), "camera_lost"], [None, None, plain(2)])
    assert told == [(SourceStatus.LIVE, ""), (SourceStatus.LOST, "camera_lost"), (SourceStatus.LIVE, "")]
    assert len(devices) == 2


@pytest.mark.parametrize("when", ["open", "read"])
def test_a_driver_that_fails_in_an_unforeseen_way_is_tried_again(when: str) -> None:
    clock = ManualClock()
    told: list[SourceState] = []
    attempts: list[int] = []

    class Wild(FakeDevice):
        def read(self) -> av.VideoFrame | None:
            if when == "read" and len(attempts) == 1:
                raise ArithmeticError
            return super().read()

    def open_device() -> FakeDevice:
        attempts.append(1)
        if when == "open" and len(attempts) == 1:
            raise ArithmeticError
        return Wild(clock, [plain(1)], loop.close)

    loop = DeviceLoop("camera", "Cam", open_device, told.append, clock)
    loop.run()
    assert [(state.status, state.code) for state in told] == [
        (SourceStatus.FAILED, "camera_in_use"),
        (SourceStatus.LIVE, ""),
    ]


def test_a_screen_has_one_reason_only() -> None:
    clock = ManualClock()
    told: list[SourceState] = []
    left: list[list[object]] = [[plain(1), *[None] * 6]]

    def open_device() -> FakeDevice:
        if not left:
            loop.close()
            raise DeviceError("screen_unavailable")
        return FakeDevice(clock, left.pop(), loop.close)

    loop = DeviceLoop("screen", "1", open_device, told.append, clock)
    loop.run()
    assert {state.code for state in told} == {"", "screen_unavailable"}


def test_a_read_that_hangs_is_noticed_by_who_looks() -> None:
    clock = ManualClock()
    told: list[SourceState] = []
    seen: list[av.VideoFrame | None] = []

    class Hanging(FakeDevice):
        def read(self) -> av.VideoFrame | None:
            if self._script:
                return super().read()
            seen.append(loop.frame_at(clock.monotonic_s()))
            clock.advance(3.0)
            seen.append(loop.frame_at(clock.monotonic_s()))
            loop.close()
            return None

    first = plain(1)
    loop = DeviceLoop("camera", "Cam", lambda: Hanging(clock, [first], lambda: None), told.append, clock)
    loop.run()
    assert seen == [first, None]
    assert [state.code for state in told] == ["", "camera_frozen"]


# ---- lists ---------------------------------------------------------------------------------------


def test_cameras_are_listed_by_name_without_their_metadata_nodes(tmp_path: Path) -> None:
    for node, index, name in (("video10", "0", "Ten"), ("video2", "0", "Logi C920\n"), ("video3", "1", "Logi C920")):
        (tmp_path / node).mkdir()
        (tmp_path / node / "index").write_text(index + "\n")
        (tmp_path / node / "name").write_text(name)
    found = [(camera.device_id, camera.name) for camera in list_cameras(tmp_path, tmp_path / "dev")]
    assert found == [("virtual:Logi C920", "Logi C920"), ("virtual:Ten", "Ten")]
    assert list_cameras(tmp_path / "none", tmp_path / "dev") == ()


def refuse(error: type[OSError]) -> Callable[[Path, int], int]:
    def open_file(path: Path, flags: int) -> int:
        raise error

    return open_file


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermissionError, "camera_forbidden"),
        (FileNotFoundError, "no_camera"),
        (BlockingIOError, "camera_in_use"),
        (OSError, "camera_in_use"),
    ],
)
def test_why_a_camera_did_not_open_is_asked_of_the_system(error: type[OSError], code: str) -> None:
    assert why_closed(Path("/dev/video0"), refuse(error)) == code


def test_a_camera_that_may_be_opened_and_gives_nothing_is_in_use(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    assert why_closed(tmp_path / "video0") == "camera_in_use"


def test_no_right_to_the_camera_is_told_and_it_comes_by_itself_once_given() -> None:
    told, _ = life("camera_forbidden", [plain(1)])
    assert told == [(SourceStatus.FAILED, "camera_forbidden"), (SourceStatus.LIVE, "")]
