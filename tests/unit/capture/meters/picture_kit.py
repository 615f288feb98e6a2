"""Rendered pictures for the picture's meter."""

from __future__ import annotations

import av
import cv2
import numpy as np
import numpy.typing as npt

from app.domain.quality.measures import FaceBox, PictureMeasures
from capture.meters.picture import PictureMeter

Floats = npt.NDArray[np.float64]
WIDTH, HEIGHT, FPS = 640, 360, 30.0


def scene(seed: int = 1, width: int = WIDTH, height: int = HEIGHT) -> Floats:
    """Luma 0 … 255 of a wall with sharp things of all sizes on it, and smooth places between."""
    rng = np.random.default_rng(seed)
    luma = np.full((height, width), 120.0) + np.linspace(-20, 20, width)[None, :]
    for _ in range(40):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height // 2))
        size = (int(rng.integers(2, 30)), int(rng.integers(2, 20)))
        cv2.ellipse(luma, (x, y), size, float(rng.integers(180)), 0, 360, float(rng.uniform(30, 220)), -1)
    for row in range(height // 2, height // 2 + 60, 6):
        for column in range(20, width - 20, 9):
            if rng.random() < 0.6:
                cv2.line(luma, (column, row), (column + int(rng.integers(1, 7)), row + 3), 40.0, 1)
    return luma


def frame(luma: Floats, blue: Floats | float = 0.0, red: Floats | float = 0.0) -> av.VideoFrame:
    """I420, limited range, of full-range luma and of Cb and Cr less 128 (full size)."""
    height, width = luma.shape
    planes = [np.clip(16 + luma * 219 / 255 + 0.5, 16, 235).astype(np.uint8)]
    for chroma in (blue, red):
        full = np.broadcast_to(np.asarray(chroma, np.float64), luma.shape)
        planes.append(np.clip(128 + full[::2, ::2] * 224 / 255 + 0.5, 16, 240).astype(np.uint8))
    data = np.concatenate([plane.ravel() for plane in planes]).reshape(height * 3 // 2, width)
    return av.VideoFrame.from_numpy_buffer(data, "yuv420p")


def from_rgb(rgb: Floats) -> av.VideoFrame:
    """Of RGB 0 … 1 (BT.709)."""
    luma = rgb @ np.array([0.2126, 0.7152, 0.0722])
    return frame(luma * 255, (rgb[..., 2] - luma) / 1.8556 * 255, (rgb[..., 0] - luma) / 1.5748 * 255)


def noisy(luma: Floats, sigma: float, rng: np.random.Generator) -> Floats:
    return luma + rng.normal(0, sigma, luma.shape)


def watched(
    pictures: list[av.VideoFrame], faces: tuple[FaceBox, ...] | None = None, fps: float = FPS
) -> PictureMeasures:
    """The last look of a meter that was fed all of them and looked four times a second."""
    meter = PictureMeter()
    every = max(1, round(fps / 4))
    for number, picture in enumerate(pictures):
        meter.feed(picture, number / fps)
        if number % every == every - 1:
            meter.look(faces)
    return meter.look(faces)


def living(seconds: float, sigma: float = 1.5, luma: Floats | None = None, seed: int = 3) -> list[av.VideoFrame]:
    rng = np.random.default_rng(seed)
    still = scene() if luma is None else luma
    return [frame(noisy(still, sigma, rng)) for _ in range(round(seconds * FPS))]
