"""Comparing recordings with the clip that they show: the right place, the right bits, the right error."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.video.stream import VideoStream

from bench.compare import Recording, kbps, place, psnr_db, thumbnails

PICTURES = 75
RATE_FPS = 30
WIDTH_PX, HEIGHT_PX = 160, 90

Luma = npt.NDArray[np.uint8]


def _scene(number: int) -> Luma:
    """A bright disc that wanders over a slope: no two pictures alike."""
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX]
    centre_x = WIDTH_PX * (0.5 + 0.4 * np.sin(number * 0.11))
    centre_y = HEIGHT_PX * (0.5 + 0.4 * np.cos(number * 0.07))
    disc = ((x - centre_x) ** 2 + (y - centre_y) ** 2) < 18**2
    return np.asarray(np.where(disc, 210, 40 + x // 2), np.uint8)


def _write(path: Path, pictures: list[Luma], codec: str = "ffv1", times: list[int] | None = None) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE_FPS)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        stream.time_base = Fraction(1, RATE_FPS)
        for number, luma in enumerate(pictures):
            chroma = np.full((HEIGHT_PX // 2, WIDTH_PX), 128, np.uint8)
            frame = av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")
            frame.pts, frame.time_base = times[number] if times else number, Fraction(1, RATE_FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write(tmp_path_factory.mktemp("bench") / "clip.mkv", [_scene(number) for number in range(PICTURES)])


@pytest.mark.parametrize("begins", [0, 1, 17, 40])
def test_a_recording_is_found_where_it_begins_in_the_clip(clip: Path, tmp_path: Path, begins: int) -> None:
    noise = np.random.default_rng(begins)
    pictures = [
        np.asarray(np.clip(_scene(number) + noise.normal(0, 4, (HEIGHT_PX, WIDTH_PX)), 0, 255), np.uint8)
        for number in range(begins, PICTURES)
    ]
    found = place(_write(tmp_path / "take.mkv", pictures), thumbnails(clip), RATE_FPS)
    assert found.first == begins
    assert found.end == PICTURES


def test_only_as_many_thumbnails_as_asked_for(clip: Path) -> None:
    assert thumbnails(clip, 5).shape == (5, 45, 80)
    assert len(thumbnails(clip)) == PICTURES


def test_bit_rate_counts_only_the_stretch_and_by_the_clips_pictures() -> None:
    # Pictures 100 … 104 of the clip; the first is large, as a key frame is.
    recording = Recording(Path("unused"), tuple(range(100, 105)), (9000, 1000, 2000, 3000, 500))
    # Pictures 101, 102 and 103: 6000 bytes in a tenth of a second.
    assert kbps(recording, 101, 104, 30) == pytest.approx(6000 * 8 / 1000 / 0.1)


def test_psnr_is_that_of_the_error_that_was_put_in(clip: Path, tmp_path: Path) -> None:
    begins, off_by = 20, 5
    pictures = [np.asarray(_scene(number) + off_by, np.uint8) for number in range(begins, PICTURES)]
    recording = place(_write(tmp_path / "take.mkv", pictures), thumbnails(clip), RATE_FPS)
    assert psnr_db(recording, clip, begins + 3, PICTURES - 3) == pytest.approx(20 * np.log10(255 / off_by), abs=0.01)


def test_psnr_tells_a_recording_that_lost_its_place(clip: Path, tmp_path: Path) -> None:
    take = _write(tmp_path / "take.mkv", [_scene(number) for number in range(PICTURES)])
    sizes = (1,) * PICTURES
    right = psnr_db(Recording(take, tuple(range(PICTURES)), sizes), clip, 10, 40)
    # One picture off costs far more than the 0.3 dB that two encoders may differ by.
    assert right - psnr_db(Recording(take, tuple(range(1, PICTURES + 1)), sizes), clip, 10, 40) > 20


def test_pictures_that_were_left_out_do_not_cost_the_place(clip: Path, tmp_path: Path) -> None:
    begins, left_out, off_by = 10, {14, 31, 32, 50}, 5
    numbers = [number for number in range(begins, PICTURES) if number not in left_out]
    pictures = [np.asarray(_scene(number) + off_by, np.uint8) for number in numbers]
    take = _write(tmp_path / "take.mkv", pictures, times=[number - begins for number in numbers])
    recording = place(take, thumbnails(clip), RATE_FPS)
    assert recording.numbers == tuple(numbers)
    assert psnr_db(recording, clip, begins + 3, PICTURES - 3) == pytest.approx(20 * np.log10(255 / off_by), abs=0.01)
