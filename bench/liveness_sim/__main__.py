"""``python -m bench.liveness_sim``: simulated people and attackers, and clips of people, against the face check.

``--clips DIR`` reads ``labels.csv`` in it (file,start_s,end_s,label; labels neutral blink mouth_open turn_left
turn_right nod) and prints what the recognisers see in the clips, and what becomes of sessions that are cut from them.

``--protocol URL`` goes through whole sessions at a running service, by its REST contract, for the people whose access
tokens are in ``--token-file`` (one a line; or in ANCHORDESK_TOKEN): a living person first, then attackers, each with
the next token. The service counts attempts and locks: what it refuses is printed as refused.

Prints one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.domain.liveness import LivenessPath
from app.liveness.mesh import MediapipeMesh
from app.liveness.package import sealed
from bench.liveness_sim.attacks import Light, OnScreen, PhotoKind, Spliced, library, photo
from bench.liveness_sim.client import Honest, Hostile, Program, Subject
from bench.liveness_sim.clip_figures import figures_of
from bench.liveness_sim.clips import ClipsError
from bench.liveness_sim.rest import RefusedError, Service
from bench.liveness_sim.scene import Camera
from bench.liveness_sim.subjects import someone, usual

Case = tuple[str, Callable[[], Subject], bool]
"""Name, who is before the camera, and whether the program is an honest one."""


def cases(seed: int) -> list[Case]:
    """All that is tried at a service, in this order."""
    known = library(seed, MediapipeMesh)
    photos: list[Case] = [(f"photo_{kind}", _photo(kind, seed), False) for kind in PhotoKind]
    injected: list[Case] = [(f"injected_{light}", _spliced(known, light, seed), False) for light in Light]
    return [
        ("live", lambda: usual(Camera(fps=25.0)), True),
        ("live_other", lambda: someone(seed, Camera(fps=25.0)), True),
        *photos,
        *injected,
        ("replayed_on_screen", lambda: OnScreen(Spliced(known, Light.OLD, seed), seed), False),
    ]


def _photo(kind: PhotoKind, seed: int) -> Callable[[], Subject]:
    return lambda: photo(kind, seed)


def _spliced(known: Any, light: Light, seed: int) -> Callable[[], Subject]:
    return lambda: Spliced(known, light, seed)


def protocol(url: str, tokens: list[str], chosen: list[str], seed: int) -> dict[str, Any]:
    """The decisions, by case."""
    found: dict[str, Any] = {}
    turns = itertools.cycle(tokens)
    for name, subject, is_honest in cases(seed):
        if chosen and name not in chosen:
            continue
        service = Service(url, next(turns))
        try:
            found[name] = _tried(service, subject(), is_honest, seed)
        except (RefusedError, TimeoutError) as cause:
            found[name] = {"refused": str(cause)}
        finally:
            service.close()
        print(f"{name}: {found[name]}", file=sys.stderr, flush=True)
    return found


def _tried(service: Service, subject: Subject, is_honest: bool, seed: int) -> dict[str, Any]:
    challenge = service.begin(LivenessPath.FULL)
    mesh = MediapipeMesh() if is_honest else None
    program: Program
    if mesh is not None:
        program = Honest(challenge, service.ask, mesh, subject.camera.fps, seed)
    else:
        program = Hostile(challenge, service.ask, seed)
    began_s = time.monotonic()
    program.now_s = lambda: time.monotonic() - began_s
    try:
        recording = program.run(subject)
    finally:
        if mesh is not None:
            mesh.close()
    if recording.abort is not None:
        return {"state": "aborted", "reason": recording.abort.value}
    content = sealed(recording.packed(subject.camera), challenge.session_id, challenge.seal_key)
    service.send(content)
    decision = service.decision()
    return {"state": decision.state, "retry": decision.retry, "bytes": len(content)}


def main(arguments: list[str]) -> int:
    """0 when it could be tried."""
    parser = argparse.ArgumentParser(prog="python -m bench.liveness_sim", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--clips", type=Path, metavar="DIR", help="a folder with labels.csv")
    parser.add_argument("--protocol", metavar="URL", help="of a running service, as http://127.0.0.1:8000")
    parser.add_argument("--token-file", type=Path, help="access tokens of signed-in people, one a line")
    parser.add_argument("--only", default="", help="cases of --protocol, with commas between")
    parser.add_argument("--sessions", type=int, default=8, help="cut from each clip of --clips, for each light")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.clips is None and options.protocol is None:
        parser.error("--clips or --protocol")
    found: dict[str, Any] = {}
    # Whatever a library prints must not break the JSON.
    with contextlib.redirect_stdout(sys.stderr):
        if options.clips is not None:
            try:
                found["clips"] = figures_of(options.clips, MediapipeMesh, options.sessions, options.seed)
            except ClipsError as cause:
                parser.error(str(cause))
        if options.protocol is not None:
            tokens = list(_tokens(options.token_file))
            if not tokens:
                parser.error("no token: --token-file or ANCHORDESK_TOKEN")
            chosen = [name for name in options.only.split(",") if name]
            found["protocol"] = protocol(options.protocol, tokens, chosen, options.seed)
    print(json.dumps(found, ensure_ascii=False), flush=True)
    return 0


def _tokens(path: Path | None) -> Iterator[str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path else [os.environ.get("ANCHORDESK_TOKEN", "")]
    yield from (line.strip() for line in lines if line.strip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
