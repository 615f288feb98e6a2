"""Material of the quality meter's picture: stills of photographed people, and known amounts of each defect.

People are the faces of ``skimage.data.astronaut`` (NASA, public domain) and of the sample photographs in the npm
package @vladmandic/face-api (MIT), fetched at set-up into ``build/material/people``. They are cut out and sit before
photographs of scikit-image and rendered rooms, or are left where they were. Everything is drawn from a seed;
``quality_clips_picture`` sets it moving.
"""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.quality.measures import FaceBox
from capture.meters.faces import MediapipeFinder

Floats = npt.NDArray[Any]
"""float32, 0 … 1 where nothing else is said."""
Bytes = npt.NDArray[Any]
"""uint8"""
PEOPLE = Path(__file__).resolve().parents[1] / "build" / "material" / "people"

DEFECTS = (
    "dark", "bright", "backlit", "tint", "blur", "noise", "flicker", "frozen", "black", "lowres", "offcentre", "far",
    "close",
)  # fmt: skip
AMOUNTS = np.linspace(0.12, 1.0, 8)
"""Of the strongest; which of them a viewer calls a defect is said in ``SEEN_FROM``."""
SEEN_FROM = {
    "dark": 0.6, "bright": 0.7, "backlit": 0.5, "tint": 0.4, "blur": 0.6, "noise": 0.35, "flicker": 0.2, "frozen": 0.5,
    "black": 0.85, "lowres": 0.6, "offcentre": 0.6, "far": 0.8, "close": 0.7,
}  # fmt: skip


@functools.cache
def finder() -> MediapipeFinder:
    """One for the process."""
    return MediapipeFinder()


@dataclass(frozen=True)
class Person:
    """A photograph, and the box of one face in it; ``cut`` is 1 where the person is."""

    rgb: Bytes
    face: FaceBox
    cut: Floats
    is_alone: bool
    """Nobody else is in the photograph about this face."""


def _shipped(name: str) -> Bytes:
    """A photograph that comes with scikit-image."""
    data = importlib.import_module("skimage.data")
    return np.asarray(data.stereo_motorcycle()[0] if name == "motorcycle" else getattr(data, name)())


@functools.cache
def photographs() -> tuple[Bytes, ...]:
    """RGB; at most 1920 wide."""
    found = [_shipped("astronaut")]
    for path in sorted(PEOPLE.glob("*.jpg")):
        found.append(np.asarray(cv2.cvtColor(np.asarray(cv2.imread(str(path))), cv2.COLOR_BGR2RGB)))
    return tuple(found)


_NEUTRAL = {0: (0,), 1: (0, 2), 6: (0, 1, 2, 3)}
"""Which faces of which photograph are lit by plain light: others stand in coloured light, which is a tint indeed."""


@functools.cache
def people() -> tuple[Person, ...]:
    """All faces of which the light is neutral."""
    persons = []
    for number, photograph in enumerate(photographs()):
        height, width = photograph.shape[:2]
        small: Any = cv2.resize(photograph, (640, round(640 * height / width)), interpolation=cv2.INTER_AREA)
        faces = sorted(finder().find(small), key=lambda face: face.left_ratio)
        for index in _NEUTRAL.get(number, ()):
            if index < len(faces):
                persons.append(_person(photograph, faces[index]))
    return tuple(persons)


def _person(photograph: Bytes, face: FaceBox) -> Person:
    """Cut to head and chest."""
    height, width = photograph.shape[:2]
    tall = face.height_ratio * height
    middle = (face.left_ratio + face.width_ratio / 2) * width
    top = max(0, round(face.top_ratio * height - 0.7 * tall))
    bottom = min(height, round(face.top_ratio * height + 3.0 * tall))
    left, right = max(0, round(middle - 1.5 * tall)), min(width, round(middle + 1.5 * tall))
    cut = photograph[top:bottom, left:right]
    box = FaceBox(
        (face.left_ratio * width - left) / (right - left), (face.top_ratio * height - top) / (bottom - top),
        face.width_ratio * width / (right - left), tall / (bottom - top),
    )  # fmt: skip
    cut = np.ascontiguousarray(cut)
    return Person(cut, box, _mask(cut, box), len(finder().find(cut)) == 1)


def _mask(rgb: Bytes, box: FaceBox) -> Floats:
    parts = importlib.import_module("mediapipe.python.solutions.selfie_segmentation")
    with parts.SelfieSegmentation(model_selection=0) as parting:
        found = np.asarray(parting.process(np.ascontiguousarray(rgb)).segmentation_mask, np.float32)
    # Neighbours are people too: only what hangs together with this head, within the width of shoulders.
    height, width = found.shape
    columns = np.abs((np.arange(width) / width - box.left_ratio - box.width_ratio / 2) / box.width_ratio)
    rows = (np.arange(height) / height - box.top_ratio) / box.height_ratio
    reach = np.where(rows < 1.0, 1.0, np.clip(1.0 + (rows - 1.0) * 2.2, 1.0, 1.9))
    near = np.clip((reach[:, None] - columns[None, :]) * 4, 0, 1)
    mask = cv2.GaussianBlur((found * near).astype(np.float32), (0, 0), 1.5)
    return np.asarray(np.clip((mask - 0.35) / 0.4, 0, 1), np.float32)


@dataclass(frozen=True)
class Take:
    """How one clip is made. Ratios of the picture; ``noise`` in steps of luma, as are the amounts of ``_amount``."""

    seed: int
    width_px: int
    height_px: int
    rate_fps: float
    person: int
    is_photograph: bool
    face_ratio: float
    offset_ratio: float
    eyes_ratio: float
    noise: float
    kbps: int | None
    """None: as a camera delivers it."""
    seconds: float = 2.2
    defect: str = ""
    amount: float = 0.0


def takes(count: int, seed: int) -> list[Take]:
    """Clean ones, all different."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        width_px, height_px = [(1280, 720), (960, 540), (854, 480), (640, 360), (640, 360)][rng.integers(5)]
        person = int(rng.integers(len(people())))
        # Enlarging a photograph would be a defect: the astronaut's face is 134 pixels tall.
        most = _tall_px(person) * 1.05 / height_px
        made.append(
            Take(
                int(rng.integers(1 << 30)), width_px, height_px, float(rng.choice([25, 30, 30, 24])), person,
                bool(rng.random() < 0.35) and people()[person].is_alone,
                float(np.clip(rng.uniform(0.2, 0.42), 0.17, max(0.17, most))),
                float(rng.uniform(-0.09, 0.09)), float(rng.uniform(0.3, 0.46)), float(rng.uniform(0.6, 2.2)),
                None if rng.random() < 0.4 else int(rng.integers(2000, 4001)),
            )
        )  # fmt: skip
    return made


def _tall_px(person: int) -> float:
    one = people()[person]
    return float(one.face.height_ratio * one.rgb.shape[0])


def degraded(take: Take, defect: str, amount: float) -> Take:
    """The same with a defect; ``amount`` 0 … 1."""
    return replace(take, defect=defect, amount=amount)


# ---- still picture ---------------------------------------------------------------------------------------


def _room(rng: np.random.Generator, width: int, height: int) -> Floats:
    """A wall, things on it, perhaps a window; 0 … 1, RGB."""
    walls = [
        (0.72, 0.71, 0.69), (0.55, 0.57, 0.6), (0.8, 0.78, 0.74), (0.45, 0.33, 0.22), (0.55, 0.2, 0.18),
        (0.3, 0.4, 0.5),
        (0.35, 0.42, 0.33), (0.6, 0.48, 0.34), (0.28, 0.28, 0.3),
    ]  # fmt: skip
    wall = np.array(walls[rng.integers(len(walls))], np.float32)
    left, right = rng.uniform(-1, 1, 2)
    shade = 1 + 0.25 * np.linspace(left, right, width)[None, :] + 0.2 * np.linspace(0.5, -1, height)[:, None]
    room: Floats = np.clip(wall * shade[..., None], 0, 1).astype(np.float32)
    for _ in range(int(rng.integers(4, 14))):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, int(height * 0.7)))
        w, h = int(rng.uniform(0.03, 0.18) * width), int(rng.uniform(0.05, 0.3) * height)
        grey = float(rng.uniform(0.05, 0.9))
        colour = np.clip(grey + rng.normal(0, 0.12, 3), 0.02, 0.95)
        cv2.rectangle(room, (x, y), (x + w, y + h), colour.tolist(), -1, cv2.LINE_AA)
        if rng.random() < 0.5:
            for line in range(y + 6, y + h, 9):
                cv2.line(room, (x + 4, line), (x + w - 4, line), (colour * 0.5).tolist(), 2, cv2.LINE_AA)
    return room


@functools.cache
def _photos_of_things() -> tuple[Floats, ...]:
    names = ("coffee", "rocket", "brick", "gravel", "grass", "motorcycle")
    found = []
    for name in names:
        picture = _shipped(name)
        if picture.ndim == 2:
            picture = np.repeat(picture[..., None], 3, 2)
        found.append(picture[..., :3].astype(np.float32) / 255)
    return tuple(found)


def _backdrop(rng: np.random.Generator, width: int, height: int) -> Floats:
    if rng.random() < 0.6:
        picture = _room(rng, width, height)
        return cv2.GaussianBlur(picture, (0, 0), float(rng.choice([0.7, 1.0, 2.5, 5.0]))).astype(np.float32)
    photo = _photos_of_things()[rng.integers(len(_photos_of_things()))]
    scale = max(width / photo.shape[1], height / photo.shape[0])
    size = (max(width, round(photo.shape[1] * scale)), max(height, round(photo.shape[0] * scale)))
    large = cv2.resize(photo, size, interpolation=cv2.INTER_CUBIC)
    picture = large[:height, :width] * float(rng.uniform(0.7, 1.0))
    return np.asarray(np.clip(picture, 0, 1), np.float32)


@dataclass(frozen=True)
class Still:
    """One picture, RGB 0 … 1, and where the person is."""

    rgb: Floats
    mask: Floats
    face: FaceBox


def still(take: Take) -> Still:
    """The scene before light, lens and sensor; framing defects are made here."""
    rng = np.random.default_rng(take.seed)
    face_ratio, offset, eyes = take.face_ratio, take.offset_ratio, take.eyes_ratio
    if take.defect == "far":
        face_ratio += take.amount * (0.075 - face_ratio)
    elif take.defect == "close":
        face_ratio += take.amount * (0.85 - face_ratio)
        eyes += take.amount * (0.45 - eyes)
    elif take.defect == "offcentre":
        offset += (1 if offset >= 0 else -1) * take.amount * (0.36 - abs(offset))
    person = people()[take.person]
    scale = face_ratio * take.height_px / _tall_px(take.person)
    size = (max(8, round(person.rgb.shape[1] * scale)), max(8, round(person.rgb.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    figure = cv2.resize(person.rgb, size, interpolation=way).astype(np.float32) / 255
    mask = cv2.resize(person.cut, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    face_left = (0.5 + offset) * take.width_px - person.face.width_ratio * size[0] / 2
    face_top = eyes * take.height_px - 0.38 * face_ratio * take.height_px
    left, top = round(face_left - person.face.left_ratio * size[0]), round(face_top - person.face.top_ratio * size[1])
    backdrop = _backdrop(rng, take.width_px, take.height_px)
    if take.is_photograph and take.defect not in ("far", "offcentre", "close", "backlit"):
        mask = np.clip(cv2.GaussianBlur(np.pad(np.ones((size[1] - 16, size[0] - 16), np.float32), 8), (0, 0), 4), 0, 1)
        mask = cv2.resize(mask, size)
    canvas, whole = backdrop, np.zeros(backdrop.shape[:2], np.float32)
    y0, y1 = max(0, top), min(take.height_px, top + size[1])
    x0, x1 = max(0, left), min(take.width_px, left + size[0])
    part = mask[y0 - top : y1 - top, x0 - left : x1 - left, None]
    canvas[y0:y1, x0:x1] = canvas[y0:y1, x0:x1] * (1 - part) + figure[y0 - top : y1 - top, x0 - left : x1 - left] * part
    whole[y0:y1, x0:x1] = part[..., 0]
    if y1 < take.height_px and whole[y1 - 1].any():
        # A body that the photograph cut off goes on below.
        canvas[y1:] = np.where(whole[y1 - 1][None, :, None] > 0.5, canvas[y1 - 1][None], canvas[y1:])
        whole[y1:] = whole[y1 - 1][None]
    face = FaceBox(
        (left + person.face.left_ratio * size[0]) / take.width_px,
        (top + person.face.top_ratio * size[1]) / take.height_px,
        person.face.width_ratio * size[0] / take.width_px, person.face.height_ratio * size[1] / take.height_px,
    )  # fmt: skip
    return Still(np.clip(canvas, 0, 1), whole, face)


def spoiled(picture: Floats, mask: Floats, defect: str, amount: float, rng: np.random.Generator) -> Floats:
    """Light, colour and lens: defects that each picture has alike. Light is worked on as light, not as a signal."""
    way = int(rng.integers(3))
    if defect == "dark":
        stops = 4.2 * amount
        if way == 0:
            return np.clip(picture - 0.62 * amount * 0.6, 0, 1) * (1 - 0.45 * amount)
        return _light(picture, -stops)
    if defect == "bright":
        if way == 0:
            return np.clip(picture + 0.55 * amount, 0, 1)
        return _light(picture, 2.9 * amount)
    if defect == "backlit":
        inside = _light(picture, -3.6 * amount)
        outside = _light(np.maximum(picture, 0.45 + 0.3 * amount), 1.6 * amount)
        return np.asarray(inside * mask[..., None] + outside * (1 - mask[..., None]))
    if defect == "tint":
        directions = [(1.0, 0.1, -1.0), (-0.8, 0.1, 1.0), (-0.7, 0.8, -0.7), (0.8, -0.8, 0.8), (1.0, -0.5, -0.5)]
        gain = 1 + 0.5 * amount * np.array(directions[rng.integers(len(directions))], np.float32)
        return np.asarray(np.clip(picture * gain, 0, 1), np.float32)
    if defect == "blur":
        spread = 6.5 * amount * picture.shape[0] / 720
        if way == 0:
            return np.clip(cv2.filter2D(picture, -1, _disc(2 * spread)), 0, 1)
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(0.3, spread)))
    if defect == "black":
        return picture * np.float32(max(0.0, 1 - amount / 0.9))
    if defect == "lowres":
        return enlarged(picture, amount, way)
    return picture


def _disc(radius_px: float) -> Floats:
    """What a lens out of focus makes of a point; its standard deviation is half the radius."""
    reach = int(np.ceil(radius_px)) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius_px + 0.5 - np.hypot(y, x), 0, 1).astype(np.float32)
    return np.asarray(disc / disc.sum(), np.float32)


def enlarged(picture: Floats, amount: float, way: int) -> Floats:
    """Made small, down to a fifth of its lines, and large again."""
    height, width = picture.shape[:2]
    part = 1 / (1 + 4.2 * amount)
    small = cv2.resize(picture, (round(width * part), round(height * part)), interpolation=cv2.INTER_AREA)
    return np.clip(
        cv2.resize(small, (width, height), interpolation=[cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_LANCZOS4][way]),
        0,
        1,
    )


def _light(picture: Floats, stops: float) -> Floats:
    light = np.clip(np.clip(picture, 0, 1) ** 2.2 * 2.0**stops, 0, 1)
    return np.asarray(light ** (1 / 2.2), np.float32)


def for_defect(take: Take, defect: str, amount: float) -> Take:
    """The take with a defect, made such that it can have it: a close face needs a face with so many pixels."""
    changed = replace(take, defect=defect, amount=amount)
    if defect == "close":
        width_px, height_px = (640, 360) if _tall_px(take.person) > 200 else (426, 240)
        changed = replace(changed, width_px=width_px, height_px=height_px)
    if defect == "noise" and take.kbps is not None:
        # With many pixels to so few bits the codec leaves hardly any of it, whatever the amount.
        changed = replace(changed, width_px=640, height_px=360)
    if defect == "frozen":
        changed = replace(changed, seconds=5.0, width_px=min(take.width_px, 854), height_px=min(take.height_px, 480))
    return changed
