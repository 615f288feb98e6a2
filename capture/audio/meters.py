"""Peak, RMS, hold and momentary loudness of the programme's sound. Mixer's thread.

Loudness after ITU-R BS.1770-4: K-weighting, 400 ms. The weighting is applied to the power spectrum of the
400 ms (0.5 ms of CPU, five times a second), not sample by sample, which numpy alone cannot do fast.
"""

from __future__ import annotations

import numpy as np

from capture.audio.rings import Sound
from capture.programme import SAMPLE_RATE_HZ

FLOOR_DB = -90.0
FLOOR_LUFS = -70.0
DECAY_DB_PER_S = 20 / 1.7
"""How fast what is shown falls back: OBS Studio's VOLUME_METER_DECAY_MEDIUM, a type I peak programme meter."""
HOLD_S = 20.0
"""How long the highest peak stays marked, as there."""
OVER_DB, OVER_S = -0.5, 1.0
"""From this input level on, before the limiter, the lamp is lit, and so long afterwards."""
_WINDOW = SAMPLE_RATE_HZ * 2 // 5
_EVERY = SAMPLE_RATE_HZ // 5


class Meter:
    """Fed with every block; read between blocks by the same thread."""

    def __init__(self) -> None:
        self.peak_db = FLOOR_DB
        self.level_db = FLOOR_DB
        """The peak as it is shown: up at once, down by DECAY_DB_PER_S."""
        self.is_over = False
        """What came in was too loud, now or just before."""
        self.rms_db = FLOOR_DB
        self.hold_db = FLOOR_DB
        self.momentary_lufs = FLOOR_LUFS
        self._held_s = 0.0
        self._over_left_s = 0.0
        self._window: Sound = np.zeros((2, _WINDOW), np.float32)
        self._place = 0
        self._since = 0
        self._weights = _k_power(_WINDOW)

    def feed(self, sound: Sound, input_peak: float | None = None) -> None:
        """Take a block of the programme; ``input_peak``: its highest amplitude before the limiter."""
        count = sound.shape[1]
        block_s = count / SAMPLE_RATE_HZ
        self.peak_db = to_db(float(max(sound.max(), -sound.min())))
        flat = sound.reshape(-1)
        self.rms_db = to_db(float(np.sqrt(np.dot(flat, flat) / flat.size)))
        self.level_db = max(self.peak_db, self.level_db - DECAY_DB_PER_S * block_s)
        self._held_s += block_s
        if self.peak_db >= self.hold_db or self._held_s > HOLD_S:
            self.hold_db, self._held_s = self.peak_db, 0.0
        is_over_now = to_db(input_peak) >= OVER_DB if input_peak is not None else self.peak_db >= OVER_DB
        self._over_left_s = OVER_S if is_over_now else max(0.0, self._over_left_s - block_s)
        self.is_over = self._over_left_s > 0.0
        # The order inside the window does not matter to its power spectrum's sum, a wrap-around at its seam little.
        index = self._place % _WINDOW
        head = min(count, _WINDOW - index)
        self._window[:, index : index + head] = sound[:, :head]
        self._window[:, : count - head] = sound[:, head:]
        self._place += count
        self._since += count
        if self._since >= _EVERY:
            self._since = 0
            self.momentary_lufs = self._loudness()

    def _loudness(self) -> float:
        if self.hold_db <= FLOOR_DB:
            return FLOOR_LUFS
        start = self._place % _WINDOW
        ordered = np.roll(self._window, -start, axis=1)
        power = np.abs(np.fft.rfft(ordered, axis=1)) ** 2 @ self._weights
        mean_square = float(power.sum())
        return max(FLOOR_LUFS, -0.691 + 10 * float(np.log10(max(mean_square, 1e-10))))


def to_db(amplitude: float) -> float:
    """dBFS of an amplitude, −90 … ."""
    return max(FLOOR_DB, 20 * float(np.log10(max(amplitude, 1e-6))))


def _k_power(samples: int) -> np.ndarray:
    """Power weights for each bin of rfft so that the weighted sum is the K-weighted mean square."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(samples))
    # Coefficients for 48 kHz from BS.1770-4, tables 1 and 2.
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    weights = np.abs(shelf * high_pass) ** 2 * 2 / samples**2
    weights[0] /= 2
    weights[-1] /= 2
    return np.asarray(weights, np.float64)
