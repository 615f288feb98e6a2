"""The picture's meter against known light, noise, blur, motion and lamps."""

from __future__ import annotations

import math
from dataclasses import fields

import av
import cv2
import numpy as np
import pytest

from app.domain.quality.measures import FaceBox
from capture.meters.picture import SMALL_WIDTH_PX, PictureMeter
from tests.unit.capture.meters.picture_kit import (
    FPS,
    HEIGHT,
    WIDTH,
    Floats,
    frame,
    from_rgb,
    living,
    noisy,
    scene,
    watched,
)  # fmt: skip

pytestmark = pytest.mark.slow

FACE = FaceBox(0.4, 0.25, 0.2, 0.4)


def test_nothing_is_known_before_the_first_picture() -> None:
    meter = PictureMeter()
    assert meter.small() is None
    measures = meter.look(None)
    assert (measures.width_px, measures.observed_s, measures.noise, measures.faces) == (0, 0.0, None, None)


def test_one_picture_is_enough_for_light() -> None:
    measures = watched([frame(np.full((HEIGHT, WIDTH), 100.0))])
    assert measures.luma == pytest.approx(100, abs=1)
    assert measures.luma_spread == pytest.approx(0, abs=0.5)
    assert measures.noise is None
    assert measures.delivered_fps is None


@pytest.mark.parametrize("luma", [0.0, 60.0, 255.0])
def test_limited_range_becomes_full(luma: float) -> None:
    assert watched([frame(np.full((HEIGHT, WIDTH), luma))]).luma == pytest.approx(luma, abs=1)


def test_burnt_and_crushed_parts_are_counted() -> None:
    luma = np.full((HEIGHT, WIDTH), 120.0)
    luma[:, : WIDTH // 4] = 255
    luma[:, -WIDTH // 8 :] = 0
    measures = watched([frame(luma)])
    assert measures.clipped_ratio == pytest.approx(0.25, abs=0.02)
    assert measures.crushed_ratio == pytest.approx(0.125, abs=0.02)


@pytest.mark.parametrize("stops", [-1.5, 0.0, 2.0, 3.5])
def test_backlight_is_told_in_stops(stops: float) -> None:
    face_light = 0.08
    luma = np.full((HEIGHT, WIDTH), 255 * (face_light * 2**stops) ** (1 / 2.4))
    x, y = int(0.5 * WIDTH), int(0.45 * HEIGHT)
    cv2.ellipse(luma, (x, y), (int(0.11 * WIDTH), int(0.22 * HEIGHT)), 0, 0, 360, 255 * face_light ** (1 / 2.4), -1)
    measures = watched([frame(luma)], (FACE,))
    assert measures.backlight_stops == pytest.approx(stops, abs=0.2)
    assert measures.face_luma == pytest.approx(255 * face_light ** (1 / 2.4), abs=3)


# ---- colour ------------------------------------------------------------------------------------------------


def room(wall: tuple[float, float, float]) -> Floats:
    """RGB 0 … 1: a coloured wall, and grey things and a white sheet before it."""
    rng = np.random.default_rng(5)
    rgb = np.ones((HEIGHT, WIDTH, 3)) * np.array(wall)
    for _ in range(30):
        x, y = int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT))
        grey = float(rng.uniform(0.2, 0.85))
        cv2.rectangle(rgb, (x, y), (x + 60, y + 40), (grey, grey, grey), -1)
    return np.asarray(np.clip(rgb, 0, 1))


def cast(rgb: Floats) -> float:
    measures = watched([from_rgb(np.clip(rgb, 0, 1))])
    return math.hypot(measures.cast_blue, measures.cast_red)


@pytest.mark.parametrize("wall", [(0.6, 0.6, 0.6), (0.45, 0.33, 0.22), (0.6, 0.2, 0.18), (0.3, 0.4, 0.55)])
def test_a_coloured_wall_is_no_cast(wall: tuple[float, float, float]) -> None:
    assert cast(room(wall)) < 4


@pytest.mark.parametrize("gain", [(1.2, 1.0, 0.75), (0.75, 1.0, 1.25), (0.8, 1.15, 0.8), (1.2, 0.85, 1.2)])
def test_a_tinted_picture_is_one(gain: tuple[float, float, float]) -> None:
    assert cast(room((0.5, 0.5, 0.5)) * 0.8 * np.array(gain)) > 12


def test_a_cast_points_the_right_way() -> None:
    measures = watched([from_rgb(room((0.5, 0.5, 0.5)) * np.array((1.0, 0.95, 0.7)))])
    assert measures.cast_blue < -8 < 0 < measures.cast_red


# ---- noise and sharpness -----------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [1.5, 5.0, 12.0, 20.0])
def test_noise_is_measured_to_a_quarter(sigma: float) -> None:
    assert watched(living(1.0, sigma)).noise == pytest.approx(sigma, rel=0.25)


def test_motion_is_no_noise() -> None:
    rng = np.random.default_rng(7)
    still = scene()
    pictures = []
    for number in range(30):
        moved = still.copy()
        left = 40 + number * 9
        moved[60:300, left : left + 200] = np.roll(still, number * 5, axis=1)[60:300, left : left + 200]
        pictures.append(frame(noisy(moved, 1.5, rng)))
    assert watched(pictures).noise == pytest.approx(1.5, rel=0.35)


def blurred(spread_px: float, contrast: float = 1.0, sigma: float = 1.5) -> float:
    luma = 120 + contrast * (scene() - 120)
    soft = cv2.GaussianBlur(luma, (0, 0), spread_px) if spread_px else luma
    sharpness = watched(living(0.5, sigma, np.asarray(soft))).sharpness
    assert sharpness is not None
    return sharpness


def test_sharpness_falls_with_blur() -> None:
    values = [blurred(spread_px) for spread_px in (0, 1, 2, 3, 5, 8)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.7
    assert values[3] < 0.4
    assert values[-1] < 0.15


def test_neither_contrast_nor_noise_is_taken_for_sharpness() -> None:
    for spread_px in (0.8, 3.0):
        plain = blurred(spread_px)
        assert blurred(spread_px, contrast=0.5) == pytest.approx(plain, abs=0.12)
        assert blurred(spread_px, sigma=5) == pytest.approx(plain, abs=0.12)


@pytest.mark.parametrize("part", [0.2, 0.25, 0.28])
def test_an_enlarged_picture_is_known(part: float) -> None:
    luma = scene(width=1280, height=720)
    small = cv2.resize(luma, None, fx=part, fy=part, interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (1280, 720), interpolation=cv2.INTER_CUBIC)
    measured = watched(living(0.3, 1.0, np.asarray(large))).detail_ratio
    assert measured is not None
    assert measured < 0.44
    true = watched(living(0.3, 1.0, luma)).detail_ratio
    assert true is not None
    assert true > 0.6


@pytest.mark.parametrize("part", [3, 4, 6])
def test_repeated_pixels_are_known(part: int) -> None:
    small = cv2.resize(scene(width=1280, height=720), (1280 // part, 720 // part), interpolation=cv2.INTER_AREA)
    large = np.repeat(np.repeat(small, part, axis=0), part, axis=1)[:, : 1280 // part * part // 2 * 2]
    assert watched(living(0.3, 0.5, np.asarray(large))).detail_ratio == pytest.approx(1 / part, abs=0.01)


# ---- time --------------------------------------------------------------------------------------------------


def test_a_standing_picture_is_frozen_since_it_stands() -> None:
    pictures = living(1.0)
    measures = watched(pictures + [pictures[-1]] * 90)
    assert measures.frozen_s == pytest.approx(3.0, abs=0.35)
    assert measures.delivered_fps == pytest.approx(0, abs=1)


def test_a_quiet_scene_with_noise_is_not_frozen() -> None:
    measures = watched(living(4.0, 1.0))
    assert measures.frozen_s < 0.5
    assert measures.delivered_fps == pytest.approx(30, abs=0.5)


def test_a_clean_scene_that_sways_is_not_frozen() -> None:
    still = cv2.GaussianBlur(scene(), (0, 0), 1)
    pictures = []
    for number in range(120):
        shift = np.array([[1, 0, 1.5 * math.sin(number / 30 * 2)], [0, 1, 0]])
        pictures.append(
            frame(np.asarray(cv2.warpAffine(still, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)))
        )
    assert watched(pictures).frozen_s < 1.0


def test_a_frozen_picture_that_was_encoded_is_frozen() -> None:
    pictures = living(0.5, 3.0)
    measures = watched(encoded(pictures + [pictures[-1]] * 120))
    assert measures.frozen_s > 3


def encoded(pictures: list[av.VideoFrame]) -> list[av.VideoFrame]:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.bit_rate, encoder.framerate = 1_500_000, int(FPS)
    encoder.options = {"preset": "veryfast", "g": "45", "threads": "1"}
    decoder = av.CodecContext.create("h264", "r")
    packets = []
    for number, picture in enumerate(pictures):
        copy = av.VideoFrame.from_ndarray(picture.to_ndarray(), "yuv420p")
        copy.pts = number
        packets += encoder.encode(copy)
    packets += encoder.encode(None)
    return [shown for packet in [*packets, None] for shown in decoder.decode(packet)]


def test_repeats_are_not_counted_as_delivered() -> None:
    pictures = [picture for picture in living(2.0) for _ in range(2)]
    measures = watched(pictures)
    assert measures.delivered_fps == pytest.approx(15, abs=0.5)
    assert measures.wanted_fps == pytest.approx(30, abs=0.1)
    assert measures.jitter_ms == pytest.approx(0, abs=0.1)


def test_uneven_times_are_jitter() -> None:
    pictures = living(3.0)
    order = [number - number % 5 if number % 15 < 10 else number for number in range(90)]
    measures = watched([pictures[number] for number in order])
    assert measures.jitter_ms is not None
    assert measures.jitter_ms > 40


def lamp(
    depth: float, bands: float, rate_hz: float, sigma: float = 1.5, luma: Floats | None = None
) -> list[av.VideoFrame]:
    rng = np.random.default_rng(9)
    rows = np.arange(HEIGHT) / HEIGHT
    still = scene() if luma is None else luma
    return [
        frame(
            noisy(
                still * (1 + depth * np.sin(2 * np.pi * (rate_hz * number / FPS + bands * rows)))[:, None], sigma, rng
            )
        )
        for number in range(75)
    ]


@pytest.mark.parametrize("bands", [0.0, 1.3, 2.4, -3.1])
@pytest.mark.parametrize("rate_hz", [10.0, 6.7])
def test_the_depth_of_a_lamps_flicker(bands: float, rate_hz: float) -> None:
    assert watched(lamp(0.06, bands, rate_hz)).flicker_ratio == pytest.approx(0.06, rel=0.3)


def test_no_lamp_no_flicker() -> None:
    assert watched(lamp(0.0, 0, 10, sigma=8)).flicker_ratio == pytest.approx(0, abs=0.004)


def test_a_moving_person_is_no_flicker() -> None:
    rng = np.random.default_rng(11)
    pictures = []
    for number in range(75):
        luma = scene()
        x = int(WIDTH * (0.5 + 0.12 * math.sin(number / FPS * 6.3 * 1.5)))
        y = int(HEIGHT * (0.6 + 0.1 * math.sin(number / FPS * 6.3 * 3)))
        cv2.ellipse(luma, (x, y), (120, 130), 0, 0, 360, 190.0, -1)
        pictures.append(frame(noisy(luma, 1.5, rng)))
    assert watched(pictures).flicker_ratio == pytest.approx(0, abs=0.01)


def test_text_that_scrolls_is_no_flicker() -> None:
    rng = np.random.default_rng(13)
    page = np.full((HEIGHT * 2, WIDTH), 230.0)
    for row in range(10, HEIGHT * 2, 22):
        cv2.line(page, (20, row), (20 + int(rng.integers(100, WIDTH - 60)), row), 40.0, 9)
    pictures = [frame(np.asarray(page[number * 3 : number * 3 + HEIGHT])) for number in range(75)]
    assert watched(pictures).flicker_ratio == pytest.approx(0, abs=0.01)


# ---- life --------------------------------------------------------------------------------------------------


def test_a_face_that_is_missed_once_stays() -> None:
    meter = PictureMeter()
    for number, picture in enumerate(living(3.0)):
        meter.feed(picture, number / FPS)
        if number == 10:
            assert meter.look((FACE,)).face == FACE
        if number == 30:
            assert meter.look(()).face == FACE
    gone = meter.look(())
    assert gone.face is None
    assert gone.faces == 0
    assert meter.look(None).faces is None


def test_of_two_faces_it_stays_with_the_one_it_had() -> None:
    meter = PictureMeter()
    other = FaceBox(0.1, 0.25, 0.21, 0.42)
    meter.feed(living(0.1)[0], 0.0)
    assert meter.look((FACE, other)).face == FACE
    assert meter.look((other, FACE)).face == FACE
    assert meter.look((FaceBox(0.1, 0.1, 0.4, 0.8), FACE)).face != FACE


def test_another_size_begins_anew_and_so_does_reset() -> None:
    meter = PictureMeter()
    for number, picture in enumerate(living(1.0)):
        meter.feed(picture, number / FPS)
    assert meter.look(None).observed_s > 0.9
    meter.feed(frame(scene(width=320, height=180)), 1.1)
    assert (meter.look(None).observed_s, meter.look(None).width_px) == (0.0, 320)
    meter.reset()
    assert meter.look(None).width_px == 0


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (320, 180), (64, 48), (16, 16)])
def test_any_size_is_measured(width: int, height: int) -> None:
    rng = np.random.default_rng(1)
    pictures = [frame(rng.uniform(40, 200, (height, width))) for _ in range(3)]
    measures = watched(pictures, (FACE,))
    assert (measures.width_px, measures.height_px) == (width, height)
    for field in fields(measures):
        value = getattr(measures, field.name)
        assert not isinstance(value, float) or math.isfinite(value), field.name


def test_the_small_picture_is_red_green_blue() -> None:
    meter = PictureMeter()
    rgb = np.zeros((720, 1280, 3)) + np.array((0.8, 0.4, 0.2))
    meter.feed(from_rgb(rgb), 0.0)
    small = meter.small()
    assert small is not None
    assert small.shape == (270, SMALL_WIDTH_PX, 3)
    assert small.mean(axis=(0, 1)) == pytest.approx([204, 102, 51], abs=3)
