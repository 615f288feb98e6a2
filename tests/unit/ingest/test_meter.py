"""How much arrives, by a clock that the test moves."""

from __future__ import annotations

from server.ingest.meter import BitrateMeter


def test_the_mean_over_the_window_and_since_the_beginning() -> None:
    meter = BitrateMeter(5, began_s=100.0)
    for second in range(10):
        meter.add(100.5 + second, 125_000 if second < 5 else 250_000)
    assert meter.kbps(109.9) == 2000
    assert meter.mean_kbps(110.0) == 1500
    assert meter.duration_ms(110.0) == 10_000
    assert meter.total_bytes == 1_875_000


def test_a_burst_at_the_start_is_spread_over_the_window() -> None:
    meter = BitrateMeter(5, began_s=0.0)
    meter.add(0.1, 500_000)
    assert meter.window_kbps(0.2) == 800
    assert meter.kbps(0.2) == 4000


def test_silence_brings_the_rate_to_nought() -> None:
    meter = BitrateMeter(5, began_s=0.0)
    meter.add(0.1, 500_000)
    assert meter.kbps(20.0) == 0
