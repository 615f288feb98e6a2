"""How well the meter hears: detection, false alarms, order, and its figures against known values and against ffmpeg."""

from __future__ import annotations

import math
import multiprocessing
import subprocess
import tempfile
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from app.domain.quality.measures import SoundMeasures
from app.domain.quality.model import Defect
from app.domain.quality.sound import judge_sound
from bench import quality_material_sound as own
from bench.quality_outcome import Outcome
from bench.quality_picture import correlation
from capture.meters.sound import SoundMeter
from tools.desktop import clean_environment

DEFECTS = {
    "noise": Defect.NOISY, "hum": Defect.HUM, "clip": Defect.CLIPPING, "reverb": Defect.REVERBERANT,
    "quiet": Defect.QUIET, "loud": Defect.LOUD, "dropout": Defect.DROPOUT, "oneside": Defect.ONE_SIDED,
}  # fmt: skip
_BLOCK = 960
_CLEAN, _QUICK_CLEAN = 48, 8
_EACH, _QUICK_EACH = 8, 2
_SEED = 11
_WORKERS = 2


@dataclass(frozen=True)
class Verdict:
    found: frozenset[Defect]
    score: float
    told: str


def measured(sound: own.Sound) -> SoundMeasures:
    """What the meter says after the whole piece."""
    meter = SoundMeter()
    for at in range(0, sound.shape[1] - _BLOCK + 1, _BLOCK):
        block = np.ascontiguousarray(sound[:, at : at + _BLOCK])
        meter.feed(block, block)
    return meter.look()


def judged(sound: own.Sound) -> Verdict:
    measures = measured(sound)
    findings = judge_sound(measures)
    shares = " ".join(f"{one.defect.value}={one.share:.2f}" for one in findings if one.share > 0)
    return Verdict(
        frozenset(one.defect for one in findings if one.is_found),
        100 * math.prod(1 - one.share for one in findings),
        f"{shares} | {measures}",
    )


@dataclass(frozen=True)
class Task:
    """A piece of ours or a file, spoiled here or as it is."""

    folder: str
    amount: float = 0.0
    piece: own.Piece | None = None
    path: Path | None = None
    seed: int = 0


def _sound(task: Task) -> own.Sound:
    sound = own.clean(task.piece) if task.piece is not None else own.read(task.path or Path())
    return own.spoiled(sound, task.folder, task.amount, task.seed) if task.amount else sound


def _judge(task: Task) -> Verdict:
    return judged(_sound(task))


def outcome(quick: bool, material: Path | None) -> Outcome:
    """See the module. Of given material only what is spoiled here has a known amount.

    ``spearman`` is that of the mean score of all pieces that were spoiled by an amount.
    """
    tasks = list(_given_tasks(material, quick) if material is not None else _own_tasks(quick))
    context = multiprocessing.get_context("spawn")
    with context.Pool(_WORKERS) as pool:
        verdicts = pool.map(_judge, tasks, chunksize=2)
    samples = _samples(material, quick)
    more: dict[str, float | None] = {
        "snr_error_db": snr_error_db(samples),
        "loudness_error_lu": loudness_error_lu(samples),
        "level_error_db": level_error_db(),
    }
    return _summed(tasks, verdicts, more, is_own=material is None)


def _own_tasks(quick: bool) -> Iterator[Task]:
    for piece in own.pieces(_QUICK_CLEAN if quick else _CLEAN, _SEED):
        yield Task("clean", piece=piece)
    amounts = own.AMOUNTS[::3] if quick else own.AMOUNTS
    for number, piece in enumerate(own.pieces(_QUICK_EACH if quick else _EACH, _SEED + 1)):
        yield from _series(amounts, number, piece=piece)


def _given_tasks(material: Path, quick: bool) -> Iterator[Task]:
    for folder in ("clean", *DEFECTS):
        for path in files_of(material / f"snd-{folder}"):
            yield Task(folder, path=path)
    amounts = own.AMOUNTS[::3] if quick else own.AMOUNTS
    for number, path in enumerate(files_of(material / "snd-clean")[: 2 if quick else 6]):
        yield from _series(amounts, number, path=path)


def _series(
    amounts: tuple[float, ...], number: int, piece: own.Piece | None = None, path: Path | None = None
) -> Iterator[Task]:
    """One piece, more and more spoiled in the same way."""
    for folder in DEFECTS:
        for amount in amounts:
            yield Task(folder, float(amount), piece, path, seed=1000 * number + len(folder))


def files_of(folder: Path) -> list[Path]:
    """Sound files by name; none where there is no such folder."""
    return sorted(one for one in folder.glob("*") if one.suffix.lower() in (".wav", ".flac", ".ogg", ".mp3", ".m4a"))


def _summed(tasks: list[Task], verdicts: list[Verdict], more: dict[str, float | None], *, is_own: bool) -> Outcome:
    detection: dict[str, list[bool]] = {}
    series: dict[str, list[tuple[float, float]]] = {}
    alarms, clean, notes = 0, 0, []
    for task, verdict in zip(tasks, verdicts, strict=True):
        name = str(task.path.name if task.path is not None else task.piece)
        if task.folder == "clean":
            clean += 1
            if verdict.found:
                alarms += 1
                notes.append(f"false alarm, {name}: {verdict.told}")
            continue
        if task.amount:
            series.setdefault(task.folder, []).append((task.amount, verdict.score))
        if is_own or not task.amount:
            is_found = DEFECTS[task.folder] in verdict.found
            detection.setdefault(task.folder, []).append(is_found)
            if not is_found:
                notes.append(f"missed, {task.folder} {task.amount:.2f}, {name}: {verdict.told}")
    falls: dict[str, float] = {}
    for folder in DEFECTS:
        points = series.get(folder, [])
        if points:
            amounts = sorted({amount for amount, _ in points})
            means = [float(np.mean([score for at, score in points if at == amount])) for amount in amounts]
            falls[folder] = correlation(amounts, means)
            notes.append(f"{folder}: mean score by amount {[round(mean, 1) for mean in means]}")
    return Outcome(
        {f"snd-{folder}": float(np.mean(found)) for folder, found in detection.items()},
        alarms, clean,
        {f"snd-{folder}": fall for folder, fall in falls.items()},
        more, tuple(notes),
    )  # fmt: skip


# ---- figures against known values ------------------------------------------------------------------------


def _samples(material: Path | None, quick: bool) -> list[own.Sound]:
    if material is not None:
        return [own.read(path) for path in files_of(material / "snd-clean")[: 2 if quick else 8]]
    return [own.clean(piece) for piece in own.pieces(2 if quick else 8, _SEED + 2)]


def _in_band(one: np.ndarray) -> np.ndarray:
    """80 … 8000 Hz, where the meter measures speech and noise."""
    spectrum = np.fft.rfft(one)
    hz = np.fft.rfftfreq(len(one), 1 / own.RATE_HZ)
    return np.asarray(np.fft.irfft(spectrum * ((hz >= 80) & (hz <= 8000)), len(one)))


def snr_error_db(samples: list[own.Sound]) -> float | None:
    """The largest error; truth is active speech (pauses to 0.2 s included) over the noise that was added."""
    errors = []
    for number, sound in enumerate(samples):
        rng = np.random.default_rng(number)
        voice = _in_band(sound.mean(axis=0))
        frames = voice[: len(voice) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
        powers = (frames**2).mean(axis=1)
        active = _closed(powers > powers.max() * 10**-3.5, 10)
        speech_db = 10 * math.log10(float(powers[active].mean()))
        for snr_db, colour in ((0, "white"), (10, "fan"), (20, "pink"), (30, "white")):
            noise = own.coloured(rng, sound.shape[1], colour)
            noise *= 10 ** ((speech_db - snr_db) / 20) / _in_band(noise).std()
            found = measured(np.asarray(sound + own.both(noise), np.float32)).snr_db
            errors.append(abs(found - snr_db) if found is not None else math.inf)
    return round(max(errors), 3) if errors else None


def _closed(mask: np.ndarray, frames: int) -> np.ndarray:
    out, last = mask.copy(), None
    for index in np.flatnonzero(mask):
        if last is not None and index - last <= frames:
            out[last : index + 1] = True
        last = index
    return out


def loudness_error_lu(samples: list[own.Sound]) -> float | None:
    """The largest difference of the integrated loudness from the ffmpeg program's ebur128."""
    errors = []
    with tempfile.TemporaryDirectory(prefix="anchordesk-bench-") as name:
        for number, sound in enumerate(samples):
            whole = sound[:, : sound.shape[1] // 4800 * 4800]
            path = Path(name) / f"{number}.wav"
            _write(path, whole)
            theirs = _ffmpeg_lufs(path)
            ours = measured(own.read(path)).integrated_lufs
            if theirs is not None and ours is not None:
                errors.append(abs(ours - theirs))
    return round(max(errors), 3) if errors else None


def _write(path: Path, sound: own.Sound) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(own.RATE_HZ)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").T.tobytes())


def _ffmpeg_lufs(path: Path) -> float | None:
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-i", str(path), "-af", "ebur128=framelog=quiet",
        "-f", "null", "-",
    ]  # fmt: skip
    said = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=True).stderr
    found = [line for line in said.splitlines() if line.strip().startswith("I:")]
    return float(found[-1].split()[1]) if found else None


def level_error_db() -> float:
    """The largest error of sample peak, true peak and loudness on tones whose values follow from their making."""
    errors = []
    times = np.arange(round(6 * own.RATE_HZ)) / own.RATE_HZ
    for hz, level_db, phase in (
        (997.0, -18.0, 0.0),
        (997.0, -40.0, 1.0),
        (12_000.0, -6.0, math.pi / 4),
        (6000.0, -3.0, 0.4),
    ):
        # an abrupt beginning swings higher than the tone itself
        fade_in = np.minimum(1.0, times / 0.1)
        tone = own.both(10 ** (level_db / 20) * fade_in * np.sin(2 * np.pi * hz * times + phase))
        found = measured(tone)
        errors.append(abs(found.true_peak_db - level_db))
        errors.append(abs(found.peak_db - 20 * math.log10(float(np.abs(tone).max()))))
        if hz == 997.0 and found.integrated_lufs is not None:
            # BS.1770: on both sides such a tone reads its peak: −3.01 dB from peak to RMS, +3.01 for two sides.
            errors.append(abs(found.integrated_lufs - level_db))
    return round(max(errors), 3)
