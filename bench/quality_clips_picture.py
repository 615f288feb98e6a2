"""Clips that live: the stills of ``quality_material_picture`` set moving, seen by a sensor, encoded.

The frames are I420, BT.709 limited range, with their times in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from app.domain.quality.measures import FaceBox
from bench.quality_material_picture import Bytes, Floats, Take, finder, spoiled, still


def planes_of(picture: Floats) -> tuple[Bytes, Bytes, Bytes]:
    """BT.709, limited range, 4:2:0."""
    red, green, blue = (picture[..., index] for index in range(3))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    size = (picture.shape[1] // 2, picture.shape[0] // 2)
    parts = [
        cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in ((blue - luma) / 1.8556, (red - luma) / 1.5748)
    ]
    return (
        np.clip(16 + 219 * luma + 0.5, 16, 235).astype(np.uint8),
        np.clip(128 + 224 * parts[0] + 0.5, 16, 240).astype(np.uint8),
        np.clip(128 + 224 * parts[1] + 0.5, 16, 240).astype(np.uint8),
    )  # fmt: skip


class _Life:
    """Swaying and breathing: the head moves by some pixels, the rest of the picture less and less."""

    def __init__(self, take: Take, face: FaceBox, mask: Floats, rng: np.random.Generator) -> None:
        height, width = take.height_px, take.width_px
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        middle = ((face.left_ratio + face.width_ratio / 2) * width, (face.top_ratio + face.height_ratio * 0.6) * height)
        reach = 1.1 * face.height_ratio * height
        self._field = np.exp(-(((x - middle[0]) / reach) ** 2 + ((y - middle[1]) / (1.4 * reach)) ** 2) / 2)
        # What is behind stays where it is, but for the seam.
        self._field *= cv2.GaussianBlur(cv2.dilate(mask, np.ones((5, 5), np.uint8)), (0, 0), 3)
        self._x, self._y = x, y
        self._tall = face.height_ratio * height
        self._phase = rng.uniform(0, 6.28, 4)
        self._rate_hz = rng.uniform(0.2, 0.6, 2)
        self._size = rng.uniform(0.012, 0.04)

    def at(self, planes: tuple[Bytes, Bytes, Bytes], time_s: float) -> list[Bytes]:
        swing = self._size * self._tall
        move_x = swing * np.sin(6.28 * self._rate_hz[0] * time_s + self._phase[0])
        move_y = 0.5 * swing * np.sin(6.28 * self._rate_hz[1] * time_s + self._phase[1])
        move_y += 0.2 * swing * np.sin(6.28 * 2.9 * time_s + self._phase[2])
        map_x, map_y = self._x + np.float32(move_x) * self._field, self._y + np.float32(move_y) * self._field
        moved = [np.asarray(cv2.remap(planes[0], map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))]
        half_x, half_y = map_x[::2, ::2] / 2, map_y[::2, ::2] / 2
        for plane in planes[1:]:
            moved.append(
                np.asarray(cv2.remap(plane, half_x, half_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
            )
        return moved


def frames(take: Take) -> Iterator[tuple[av.VideoFrame, float]]:
    """The clip as the meter gets it: I420 frames and their times."""
    raw = _camera(take)
    return raw if take.kbps is None else encoded(raw, take.kbps, take.rate_fps)


def _camera(take: Take) -> Iterator[tuple[av.VideoFrame, float]]:
    rng = np.random.default_rng(take.seed + 1)
    scene = still(take)
    picture = spoiled(scene.rgb, scene.mask, take.defect, take.amount, rng)
    planes = planes_of(picture)
    life = _Life(take, scene.face, scene.mask, rng)
    sigma = take.noise
    if take.defect == "noise":
        sigma = sigma + take.amount * (24 - sigma)
    elif take.defect == "black":
        sigma *= max(0.2, 1 - take.amount)
    elif take.defect == "lowres":
        sigma *= 0.5
    is_soft = bool(rng.random() < 0.3)
    pool: Any = rng.normal(0, sigma * 219 / 255, (take.height_px + 64, take.width_px + 64)).astype(np.float32)
    if is_soft or take.defect == "lowres":
        # A sensor's colour filter spreads its noise over neighbours.
        pool = cv2.GaussianBlur(pool, (0, 0), 0.6)
        pool *= sigma * 219 / 255 / max(1e-6, float(pool.std()))
    count = round(take.seconds * take.rate_fps)
    stands_from = count * (1 - 0.9 * take.amount) if take.defect == "frozen" else count
    lamp = _Lamp(rng, take) if take.defect == "flicker" else None
    last: Bytes | None = None
    for number in range(count):
        time_s = number / take.rate_fps
        if last is None or number <= stands_from:
            moved = life.at(planes, time_s)
            y, x = rng.integers(0, 64, 2)
            luma = moved[0].astype(np.float32)
            if lamp is not None:
                luma = 16 + (luma - 16) * lamp.at(time_s)[:, None]
            luma += pool[y : y + take.height_px, x : x + take.width_px]
            luma = np.clip(luma + 0.5, 16, 235).astype(np.uint8)
            last = np.concatenate([luma.ravel(), moved[1].ravel(), moved[2].ravel()]).reshape(-1, take.width_px)
        yield av.VideoFrame.from_numpy_buffer(last.copy(), "yuv420p"), time_s


class _Lamp:
    """A rolling shutter under 100 or 120 Hz, or a whole picture that pulses."""

    def __init__(self, rng: np.random.Generator, take: Take) -> None:
        mains_hz = float(rng.choice([100.0, 120.0]))
        beat_hz = mains_hz % take.rate_fps
        if min(beat_hz, take.rate_fps - beat_hz) < 0.5:
            mains_hz = 220.0 - mains_hz
            beat_hz = mains_hz % take.rate_fps
        self._rate_hz = beat_hz if min(beat_hz, take.rate_fps - beat_hz) > 0.5 else 3.1
        read_s = 0.0 if rng.random() < 0.3 else float(rng.uniform(0.012, 0.032))
        self._bands = mains_hz * read_s
        self._depth = 0.24 * take.amount
        self._rows = np.arange(take.height_px) / take.height_px
        self._phase = float(rng.uniform(0, 6.28))

    def at(self, time_s: float) -> Floats:
        return (
            1 + self._depth * np.sin(6.28318 * (self._rate_hz * time_s + self._bands * self._rows) + self._phase)
        ).astype(np.float32)


def encoded(
    raw: Iterator[tuple[av.VideoFrame, float]], kbps: int, rate_fps: float
) -> Iterator[tuple[av.VideoFrame, float]]:
    """Through x264 and back."""
    encoder: Any = None
    decoder = av.CodecContext.create("h264", "r")
    for number, (frame, _) in enumerate(raw):
        if encoder is None:
            encoder = av.CodecContext.create("libx264", "w")
            encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuv420p"
            encoder.bit_rate, encoder.framerate = kbps * 1000, round(rate_fps)
            encoder.options = {"preset": "veryfast", "g": str(round(rate_fps * 2)), "threads": "1"}
        frame.pts = number
        for packet in encoder.encode(frame):
            for picture in decoder.decode(packet):
                yield picture, (picture.pts or 0) / rate_fps
    for packet in encoder.encode(None):
        for picture in decoder.decode(packet):
            yield picture, (picture.pts or 0) / rate_fps
    for picture in decoder.decode(None):
        yield picture, (picture.pts or 0) / rate_fps


# ---- clips that were given -------------------------------------------------------------------------------


def files_of(folder: Path) -> list[Path]:
    """What may be a clip, by name."""
    return (
        sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        if folder.is_dir()
        else []
    )


def degraded_clip(
    pictures: Iterator[tuple[av.VideoFrame, float]], defect: str, amount: float
) -> Iterator[tuple[av.VideoFrame, float]]:
    """A living clip with a known amount of a defect; framing by moving and scaling the whole picture."""
    rng = np.random.default_rng(4711)
    lamp: _Lamp | None = None
    pool: Floats | None = None
    last: Bytes | None = None
    box: FaceBox | None = None
    held_s = 0.0
    for number, (frame, at_s) in enumerate(pictures):
        if number == 0 and defect in ("backlit", "offcentre", "far", "close"):
            box = next(
                iter(finder().find(np.asarray(frame.to_ndarray(format="rgb24", width=480, height=270), np.uint8))), None
            ) or FaceBox(0.4, 0.2, 0.2, 0.35)
        held_s = max(held_s, at_s)
        if defect == "frozen" and last is not None and at_s > 3.2 * (1 - amount):
            yield av.VideoFrame.from_numpy_buffer(last.copy(), "yuv420p"), at_s
            continue
        picture: Floats = frame.to_ndarray(format="rgb24").astype(np.float32) / 255
        fixed = np.random.default_rng(99)
        if defect in ("offcentre", "far", "close") and box is not None:
            picture = _moved(picture, box, defect, amount)
        elif defect == "backlit" and box is not None:
            picture = spoiled(picture, _bust(picture.shape, box), defect, amount, fixed)
        elif defect not in ("noise", "flicker", "frozen"):
            picture = spoiled(picture, np.ones(picture.shape[:2], np.float32), defect, amount, fixed)
        luma, blue, red = planes_of(picture)
        if defect == "flicker":
            take = Take(1, picture.shape[1], picture.shape[0], 30.0, 0, False, 0, 0, 0, 0, None, 0, defect, amount)
            lamp = lamp or _Lamp(rng, take)
            luma = np.clip(16 + (luma - 16.0) * lamp.at(at_s)[:, None] + 0.5, 16, 235).astype(np.uint8)
        if defect == "noise":
            if pool is None:
                pool = rng.normal(0, 24 * amount * 219 / 255, (luma.shape[0] + 64, luma.shape[1] + 64)).astype(
                    np.float32
                )
            y, x = rng.integers(0, 64, 2)
            luma = np.clip(luma + pool[y : y + luma.shape[0], x : x + luma.shape[1]] + 0.5, 16, 235).astype(np.uint8)
        last = np.concatenate([luma.ravel(), blue.ravel(), red.ravel()]).reshape(-1, luma.shape[1])
        yield av.VideoFrame.from_numpy_buffer(last.copy(), "yuv420p"), at_s


def _moved(picture: Floats, box: FaceBox, defect: str, amount: float) -> Floats:
    """The picture about its face smaller, larger or aside; the rim is mirrored."""
    height, width = picture.shape[:2]
    centre = ((box.left_ratio + box.width_ratio / 2) * width, (box.top_ratio + box.height_ratio * 0.4) * height)
    scale, shift = 1.0, 0.0
    if defect == "far":
        scale = (box.height_ratio + amount * (0.075 - box.height_ratio)) / box.height_ratio
    elif defect == "close":
        scale = (box.height_ratio + amount * (0.85 - box.height_ratio)) / box.height_ratio
    else:
        side = 1 if centre[0] >= width / 2 else -1
        shift = side * amount * (0.36 * width - abs(centre[0] - width / 2))
    matrix = np.array([[scale, 0, centre[0] * (1 - scale) + shift], [0, scale, centre[1] * (1 - scale)]], np.float32)
    # A mirrored rim would show the face once more: it is stretched instead.
    return np.asarray(
        cv2.warpAffine(
            picture,
            matrix,
            (width, height),
            flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
    ).clip(0, 1)


def _bust(shape: tuple[int, ...], box: FaceBox) -> Floats:
    """Where a person with this face is, roughly: head and shoulders."""
    mask = np.zeros(shape[:2], np.float32)
    height, width = shape[:2]
    x, tall = (box.left_ratio + box.width_ratio / 2) * width, box.height_ratio * height
    top = box.top_ratio * height
    cv2.ellipse(mask, (round(x), round(top + 0.45 * tall)), (round(0.5 * tall), round(0.7 * tall)), 0, 0, 360, 1.0, -1)
    cv2.ellipse(mask, (round(x), round(top + 2.4 * tall)), (round(1.3 * tall), round(1.4 * tall)), 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(1.0, 0.04 * tall)))
