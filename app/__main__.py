"""One executable, one role each: ``python -m app [--role window|engine|faces|mesh|service|ingest|remux|liveness]``.

Without a role: the supervisor. A child reads its launch (app.runtime.launch) as the first line of standard input. A
service or ingest that runs by itself is given the same as a file: ``--role service --config FILE`` (readable by its
owner only).
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from app.runtime.children import die_with_parent
from app.runtime.launch import EngineLaunch, IngestLaunch, L, ServiceLaunch, WindowLaunch, read_launch


def main(arguments: list[str] | None = None) -> int:
    """Run the role; its exit code."""
    parser = argparse.ArgumentParser(prog="anchordesk", description="AnchorDesk (主播台)")
    roles = ["window", "engine", "faces", "mesh", "service", "ingest", "remux", "liveness"]
    parser.add_argument("--role", choices=roles)
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--config", type=Path, help="settings of a service or ingest that runs by itself (JSON)")
    parser.add_argument(
        "--rotate-field-key",
        action="store_true",
        help="with --role service --config FILE: make a new key for personal fields; it is used from the next start on",
    )
    parser.add_argument(
        "--rotate-liveness-key",
        action="store_true",
        help="the same for the keys that sign and open the face check by camera",
    )
    parser.add_argument("--data-dir", type=Path, help="where this program keeps its data")
    parser.add_argument("--script-endpoint", default="", help=argparse.SUPPRESS)
    parser.add_argument("--script-key-file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--script-camera", default="", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.parent:
        die_with_parent(given.parent)
    rotations = {"--rotate-field-key": given.rotate_field_key, "--rotate-liveness-key": given.rotate_liveness_key}
    rotated = next((name for name, is_wanted in rotations.items() if is_wanted), "")
    if given.config is not None:
        problem = _problem_of(given.config)
        if given.role != "service" and rotated:
            problem = f"{rotated} goes with --role service"
        elif given.role not in ("service", "ingest"):
            problem = "--config goes with --role service or --role ingest"
        if problem:
            parser.error(problem)
    elif rotated:
        parser.error(f"{rotated} goes with --role service --config FILE")
    if given.role is None:
        from app.supervisor import run_supervisor

        return run_supervisor(given.data_dir, given.script_endpoint, given.script_key_file, given.script_camera)
    return _run_role(given.role, given.config, rotated=rotated)


def _problem_of(path: Path) -> str:
    if not path.is_file():
        return f"no such file: {path}"
    if sys.platform != "win32" and path.stat().st_mode & 0o077:
        return f"{path} holds secrets: make it readable by its owner only (chmod 600 {path})"
    return ""


def _run_role(role: str, config: Path | None, *, rotated: str) -> int:
    if role == "window":
        from app.main import run_window

        return _with(WindowLaunch, run_window, None)
    if role == "engine":
        # Its matrices are small: threads for them would cost more than they save. Read when numpy is imported.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # By name: an installation of the service alone has no capture package.
        return _with(EngineLaunch, importlib.import_module("capture.host").run_engine, None)
    if role == "faces":
        return int(importlib.import_module("capture.meters.face_child").run_faces())
    if role == "mesh":
        return int(importlib.import_module("capture.liveness.mesh_child").run_mesh())
    if role == "service":
        from server.main import rotate_field_key, rotate_liveness_key, run_service

        runs = {"--rotate-field-key": rotate_field_key, "--rotate-liveness-key": rotate_liveness_key}
        return _with(ServiceLaunch, runs.get(rotated, run_service), config)
    if role == "ingest":
        from server.ingest.main import run_ingest

        return _with(IngestLaunch, run_ingest, config)
    if role == "liveness":
        from server.liveness import worker

        return worker.main()
    from server.ingest import remux_main

    return int(remux_main.main() or 0)


def _with(kind: type[L], run: Callable[[L], int], config: Path | None) -> int:
    try:
        launch = read_launch(kind) if config is None else msgspec.json.decode(config.read_bytes(), type=kind)
    except msgspec.DecodeError as problem:
        print(f"anchordesk: {config or 'launch'}: {problem}", file=sys.stderr)  # noqa: T201
        return os.EX_CONFIG if hasattr(os, "EX_CONFIG") else 78
    return run(launch)


if __name__ == "__main__":
    sys.exit(main())
