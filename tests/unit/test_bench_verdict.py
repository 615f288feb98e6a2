"""The line that a bench prints, and when its goals count as met."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from bench.__main__ import NAMES, main, verdict

GOALS = {"ratio": "<=1.15", "dropped": "<=0"}


def _bench(figures: dict[str, float | None], *, cannot_fail_quick: bool = False) -> ModuleType:
    module = ModuleType("bench.publish")

    def run(quick: bool, clip: Path | None) -> dict[str, float | None]:
        sys.stdout.write("a part that talks\n")
        return figures

    vars(module).update(run=run, GOALS=GOALS, QUICK_CANNOT_FAIL=cannot_fail_quick)
    return module


def _line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], module: ModuleType, *more: str) -> str:
    monkeypatch.setitem(sys.modules, "bench.publish", module)
    assert main(["publish", *more]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({"ratio": 1.15, "dropped": 0}, True),
        ({"ratio": 1.151, "dropped": 0}, False),
        ({"ratio": 1.0, "dropped": 1}, False),
        ({"ratio": None, "dropped": 0}, None),
        ({"ratio": 1.0}, None),
        ({"ratio": None, "dropped": 1}, False),
    ],
)
def test_a_missed_goal_outweighs_one_that_cannot_be_judged(
    figures: dict[str, float | None], expected: bool | None
) -> None:
    assert verdict(figures, GOALS) is expected


def test_without_goals_everything_is_met() -> None:
    assert verdict({"anything": 3.0}, {}) is True


def test_every_comparison_is_known() -> None:
    assert verdict({"a": 2.0}, {"a": ">=2"}) is True
    assert verdict({"a": 1.9}, {"a": ">=2"}) is False
    assert verdict({"a": 2.0}, {"a": "==2"}) is True
    assert verdict({"a": 2.1}, {"a": "==2"}) is False


def test_standard_output_holds_one_line_of_json_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = _line(monkeypatch, capsys, _bench({"ratio": 1.1, "dropped": 0}))
    assert out.count("\n") == 1
    assert json.loads(out) == {
        "bench": "publish",
        "figures": {"ratio": 1.1, "dropped": 0},
        "goals": GOALS,
        "met": True,
    }


def test_a_quick_run_does_not_say_missed_where_it_cannot_judge(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missed: dict[str, float | None] = {"ratio": 1.3, "dropped": 0}
    module = _bench(missed, cannot_fail_quick=True)
    assert json.loads(_line(monkeypatch, capsys, module, "--quick"))["met"] is None
    assert json.loads(_line(monkeypatch, capsys, module))["met"] is False
    assert json.loads(_line(monkeypatch, capsys, _bench(missed), "--quick"))["met"] is False


def test_a_clip_that_is_not_there_is_refused_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["publish", "--clip", str(tmp_path / "none.mp4")])
    assert ended.value.code == 2
    assert "no such file" in capsys.readouterr().err


def test_material_is_given_to_a_bench_that_takes_it_and_refused_by_all_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given: list[Path] = []

    def run(quick: bool, clip: Path | None, material: Path) -> dict[str, float | None]:
        given.append(material)
        return {}

    module = ModuleType("bench.publish")
    vars(module).update(run=run, GOALS={}, TAKES_MATERIAL="folder")
    _line(monkeypatch, capsys, module, "--material", str(tmp_path))
    assert given == [tmp_path]
    with pytest.raises(SystemExit):
        main(["publish", "--material", str(tmp_path / "none")])
    assert "no such folder" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "bench.publish", _bench({}))
    with pytest.raises(SystemExit):
        main(["publish", "--material", str(tmp_path)])
    assert "takes no material" in capsys.readouterr().err


def test_parts_and_a_share_go_to_a_bench_that_has_parts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[object] = []

    def run(quick: bool, clip: Path | None, only: tuple[str, ...] = (), share: float = 1.0) -> dict[str, float | None]:
        given.extend([only, share])
        return {}

    module = ModuleType("bench.publish")
    vars(module).update(run=run, GOALS={}, PARTS={})
    _line(monkeypatch, capsys, module, "--only", "one,two", "--share", "0.25")
    assert given == [["one", "two"], 0.25]
    monkeypatch.setitem(sys.modules, "bench.publish", _bench({}))
    with pytest.raises(SystemExit):
        main(["publish", "--only", "one"])
    assert "has no parts" in capsys.readouterr().err


PROMISED = {
    "publish": {
        "ratio_720p": "<=1.15",
        "frames_dropped": "<=0",
        "bitrate_difference_ratio": "<=0.03",
        "psnr_difference_db": "<=0.3",
    },
    "startup": {},
    "viewer": {"flv_p95_ms": "<=450", "hls_p95_ms": "<=4500", "first_frame_ms": "<=1100", "stalls": "<=0"},
    "documents": {
        "boundary_precision": ">=0.98",
        "boundary_recall": ">=0.98",
        "heading_precision": ">=0.98",
        "heading_recall": ">=0.98",
        "open_ms": "<=300",
        "compare_ms": "<=300",
        "scroll_ms_p95": "<=33",
    },
    "text_rules": {"precision": ">=0.95", "recall": ">=0.95", "check_2000_ms": "<=20"},
    "quality": {
        "detection_min": ">=0.95",
        "false_alarm_max": "<=0.02",
        "spearman_worst": "<=-0.95",
        "snr_error_db": "<=2",
        "loudness_error_lu": "<=0.1",
        "level_error_db": "<=0.1",
        "throughput_error_ratio": "<=0.1",
        "cpu_share": "<=0.02",
    },
    "room": {
        "fanout_p99_ms": "<=120",
        "flood_p99_ms": "<=300",
        "flood_core_share": "<=0.5",
        "stalled_gap_ms": "<=250",
        "stalled_held_mb": "<=1",
        "stalled_closed_s": "<=10",
        "hide_p99_ms": "<=200",
        "ban_close_s": "<=1",
        "gui_event_p99_ms": "<=16",
        "window_growth_mb": "<=5",
        "window_lost": "<=0",
    },
    "liveness": {
        "frame_p50_ms": "<=10",
        "frame_p95_ms": "<=20",
        "blink_precision": ">=0.95",
        "blink_recall": ">=0.95",
        "action_accuracy": ">=0.97",
        "wrong_side_accepted": "==0",
        "photo_tried": ">=200",
        "photo_accepted": "==0",
        "replay_tried": ">=500",
        "replay_accepted": "==0",
        "injection_tried": ">=200",
        "injection_accepted": "==0",
        "colour_true_2pct": ">=0.95",
        "colour_true_4pct": ">=0.99",
        "wrong_code_ratio": "<=0.001",
        "guidance_accuracy": ">=0.95",
        "actions_pass_ratio": ">=0.95",
        "live_pass_ratio": ">=0.95",
        "tampered_tried": ">=100",
        "tampered_accepted": "==0",
    },
}


def test_the_goals_are_those_that_were_promised() -> None:
    assert {name: __import__(f"bench.{name}", fromlist=["GOALS"]).GOALS for name in NAMES} == PROMISED


@pytest.mark.parametrize("name", NAMES)
def test_every_bench_has_goals_in_the_form_that_is_understood(name: str) -> None:
    module = __import__(f"bench.{name}", fromlist=["GOALS"])
    assert callable(module.run)
    for key, goal in module.GOALS.items():
        assert verdict({key: float(goal[2:])}, {key: goal}) is True
