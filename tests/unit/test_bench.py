"""What the benches conclude from what they measured."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from bench.__main__ import verdict
from bench.compare import Recording, kbps, place, psnr_db, thumbnails


@pytest.mark.parametrize(
    ("figures", "met"),
    [
        ({"a": 1.0, "b": 0}, True),
        ({"a": 1.15, "b": 0}, True),
        ({"a": 1.16, "b": 0}, False),
        ({"a": 1.0, "b": None}, None),
        ({"a": 2.0, "b": None}, False),
        ({"a": 1.0}, None),
    ],
)
def test_goals_are_met_missed_or_not_judged(figures: dict[str, float | None], met: bool | None) -> None:
    assert verdict(figures, {"a": "<=1.15", "b": "<=0"}) is met


def film(path: Path, first: int, count: int, quality: str) -> Path:
    """Pictures of a pattern that moves with the number of the picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": quality, "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"  # type: ignore[union-attr]
        columns, rows = np.meshgrid(np.arange(320), np.arange(180))
        for number in range(first, first + count):
            wave = 128 + 60 * np.sin((columns + 7 * number) / 23) + 40 * np.sin((rows * number) / 311)
            picture = np.repeat(wave.astype(np.uint8)[:, :, None], 3, axis=2)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")):  # type: ignore[union-attr]
                container.mux(packet)
        container.mux(stream.encode(None))  # type: ignore[union-attr]
    return path


def test_a_recording_is_found_in_its_clip_and_a_worse_one_is_worse(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", 0, 120, "1")
    small = thumbnails(clip)
    good = place(film(tmp_path / "good.mkv", 17, 60, "20"), small)
    bad = place(film(tmp_path / "bad.mkv", 30, 60, "45"), small)
    assert (good.first, bad.first) == (17, 30)
    assert (good.end, bad.end) == (77, 90)
    assert psnr_db(good, clip, 35, 70) > psnr_db(bad, clip, 35, 70) + 3
    assert kbps(good, 35, 70, 30) > kbps(bad, 35, 70, 30)


def test_the_bit_rate_counts_the_named_pictures_only() -> None:
    recording = Recording(Path("x"), 10, (1000, 500, 500, 9000))
    assert kbps(recording, 11, 13, 25) == pytest.approx(100.0)
