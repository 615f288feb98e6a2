"""The worker as the service starts it, with a judge that a test wrote down: everything else is the real one."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from app.domain.liveness import Finding, Grade, Retry
from app.liveness.analysis import Found, Mesh
from app.liveness.face import Pose
from app.liveness.judgement import Frames
from app.liveness.look import Picture
from app.liveness.policy import Policy
from app.liveness.verdict import Case, Judgement, Moment, Sign, Verdict
from server.liveness import worker


class NoMesh:
    """Finds nobody."""

    def find(self, bgr: Picture) -> Found:
        return Found(None)

    def close(self) -> None:
        pass


class WrittenJudge:
    """``does``: hang, crash, eat (memory), write (a file); ``verdict``, ``retry``, ``moments`` (labels) and ``grades``
    are the judgement."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._what: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))

    def __call__(self, frames: Frames, case: Case, mesh: Mesh, policy: Policy, rest: Pose | None) -> Judgement:
        does = self._what.get("does", "")
        if does == "hang":
            time.sleep(600)
        if does == "crash":
            os._exit(9)
        if does == "eat":
            held = [bytearray(100_000_000) for _ in range(100)]
            del held
        if does == "write":
            self._path.with_name("written").write_bytes(b"a face")
        times = [at_ms for at_ms, _ in frames]
        assert times == sorted(times)
        assert case.orders[-1].kind == "seal"
        grades = self._what.get("grades", {})
        return Judgement(
            Verdict(self._what.get("verdict", "live")),
            Retry(self._what["retry"]) if self._what.get("retry") else None,
            tuple(Sign(Finding(name), Grade(grade), {}) for name, grade in grades.items()),
            tuple(Moment(label, times[0] + 50.0 * at) for at, label in enumerate(self._what.get("moments", ["best"]))),
            {"frames": float(len(times)), "orders": float(len(case.orders)), "frame_ms": case.frame_ms},
        )


if __name__ == "__main__":
    sys.exit(worker.run(WrittenJudge(Path(sys.argv[1])), NoMesh))
