"""What the publishing bench counts, and how a person's clip is brought into its format."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.ports.engine import Output
from bench.clip import command
from bench.publish import Run, count_in, figures, per_second


def test_who_leaves_pictures_out_does_not_look_cheaper() -> None:
    whole = per_second(6.0, 360, 30)
    # Two thirds of the pictures for two thirds of the work, in as many seconds.
    assert per_second(4.0, 240, 30) == pytest.approx(whole) == pytest.approx(0.5)


def test_a_slot_that_was_never_composed_is_a_dropped_picture() -> None:
    ours = [Run(0.66, Path("a"), 300, 2, 1), Run(0.60, Path("b"), 300, 0, 4)]
    told = figures(ours, [Run(0.60, Path("c")), Run(0.60, Path("d"))])
    assert (told["frames_sent"], told["frames_dropped"], told["frames_late"]) == (600, 7, 5)
    assert (told["ratio_720p"], told["spread_720p"]) == (1.05, 0.095)
    assert (told["cpu_s_per_s_720p"], told["ffmpeg_cpu_s_per_s_720p"]) == (0.63, 0.6)


def test_nothing_encoded_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="nothing was encoded"):
        per_second(1.0, 0, 30)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (b"frame=17\nfps=30.0\n", 17),
        (b"=3\nprogress=continue\nframe=48\nfps=30", 48),
        (b"fps=30.0\nframe=12", None),
        (b"drop_frames=4\n", None),
        (b"", None),
        (b"frame=5\nframe=9\n", 5),
    ],
)
def test_only_a_whole_line_tells_a_count(told: bytes, expected: int | None) -> None:
    assert count_in(told) == expected


def test_a_clip_without_sound_gets_silence_and_every_clip_the_programmes_format() -> None:
    silent = command(Path("a.mkv"), Output(), 20.0, Path("b.mp4"), has_sound=False)
    assert "anullsrc=r=48000:cl=stereo" in silent
    assert silent[silent.index("1:a") - 1] == "-map"
    sounding = command(Path("a.mkv"), Output(), 20.0, Path("b.mp4"), has_sound=True)
    assert not any("anullsrc" in word for word in sounding)
    picture = sounding[sounding.index("-vf") + 1]
    assert picture.startswith("fps=30,scale=1280:720:")
    assert "pad=1280:720:" in picture
