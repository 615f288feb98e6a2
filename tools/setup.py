"""Set-up of a clone: Debian packages, a virtual environment, player scripts, material. Standard library only.

Run as ``python3 tools/setup.py run|demo|test``; make does so before everything else. Each step is skipped when
its stamp still names what the step was made from, so a second call takes a tenth of a second. Quiet unless
something has to be installed or fails.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEVELS = ("run", "demo", "test")
"""Each holds all of the ones before it."""
REQUIREMENTS = {"run": "requirements.txt", "demo": "requirements-demo.txt", "test": "requirements-dev.txt"}
WITHOUT_DEPENDENCIES = "requirements-nodeps.txt"
VENV = ROOT / ".venv"
VENDOR = ROOT / "resources" / "vendor"
SUPPORTED = ((3, 11), (3, 12))


class SetupError(Exception):
    """What went wrong and what to do; printed as it is."""


def main(arguments: list[str]) -> int:
    """Set up one level; 0 when all is there, 1 with a sentence on standard error."""
    if len(arguments) != 1 or arguments[0] not in LEVELS:
        print(f"usage: python3 tools/setup.py {'|'.join(LEVELS)}", file=sys.stderr)
        return 2
    level = arguments[0]
    try:
        _check_python()
        _install_debian_packages(level)
        _install_python_packages(level)
        _install_players()
        _render_material(level)
        _fetch_people(level)
    except SetupError as cause:
        print(f"setup: {cause}", file=sys.stderr)
        return 1
    return 0


def _check_python() -> None:
    if sys.version_info[:2] not in SUPPORTED:
        found = ".".join(str(part) for part in sys.version_info[:3])
        raise SetupError(f"Python 3.11 or 3.12 is needed, this is {found}. Try: make PYTHON=/path/to/python3.11 …")


# ---- Debian ------------------------------------------------------------------------------------------


def _install_debian_packages(level: str) -> None:
    if not shutil.which("dpkg-query"):
        return  # another system: README.md says what it needs
    missing = missing_packages(wanted_packages(level))
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.name != "posix" or os.geteuid() != 0:
        raise SetupError(
            "these Debian packages are missing; install them and call make again:\n\n"
            f"  sudo apt-get update && sudo {' '.join(command)}\n"
        )
    print(f"setup: installing {len(missing)} Debian packages …", flush=True)
    # No service is started by being installed: the tests start their own, on their own ports.
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")
    _run(["apt-get", "update", "-q"], environment)
    _run(command, environment)


def wanted_packages(level: str) -> list[str]:
    """The names in build_spec/apt-*.txt up to ``level``, less those whose work something else does already."""
    names: list[str] = []
    for part in LEVELS[: LEVELS.index(level) + 1]:
        names += (ROOT / "build_spec" / f"apt-{part}.txt").read_text().split()
    if shutil.which("npm"):
        names.remove("npm")
    if _has_venv():
        names.remove("python3-venv")
    return names


def _has_venv() -> bool:
    return (
        subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode
        == 0
    )


def missing_packages(names: Iterable[str]) -> list[str]:
    """Those of ``names`` that dpkg does not report as installed."""
    wanted = list(names)
    report = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    installed = {line.split()[0] for line in report.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in wanted if name not in installed]


# ---- Python ------------------------------------------------------------------------------------------


def _install_python_packages(level: str) -> None:
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    fulfilled = (other for other in LEVELS[LEVELS.index(level) :] if _is_stamped(other))
    if python.exists() and next(fulfilled, None):
        return
    if not python.exists():
        print("setup: making the virtual environment …", flush=True)
        _run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    print(f"setup: installing Python packages ({REQUIREMENTS[level]}; minutes at the first time) …", flush=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "-r", str(ROOT / REQUIREMENTS[level])])
    _run([*pip, "--no-deps", "-r", str(ROOT / WITHOUT_DEPENDENCIES)])
    _stamp(level).write_text(_digest(level))


def _stamp(level: str) -> Path:
    # Inside the environment, so that it goes when the environment goes.
    return VENV / f".setup-{level}"


def _is_stamped(level: str) -> bool:
    stamp = _stamp(level)
    return stamp.exists() and stamp.read_text() == _digest(level)


def _digest(level: str) -> str:
    parts = LEVELS[: LEVELS.index(level) + 1]
    return digest_of([*(ROOT / REQUIREMENTS[part] for part in parts), ROOT / WITHOUT_DEPENDENCIES])


def digest_of(paths: Iterable[Path]) -> str:
    """SHA-256 over the files' contents."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


# ---- player scripts of the viewer page ---------------------------------------------------------------


def _install_players() -> None:
    sources = [ROOT / "package.json", ROOT / "package-lock.json", ROOT / "tools" / "fetch_players.py"]
    wanted = digest_of(sources)
    stamp = VENDOR / ".setup"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SetupError("npm is needed for the player scripts of the viewer page: install Node.js, then call again.")
    print("setup: fetching the player scripts …", flush=True)
    _run([npm, "ci", "--silent", "--no-audit", "--no-fund"])
    _run([sys.executable, str(ROOT / "tools" / "fetch_players.py")])
    stamp.write_text(wanted)


# ---- material of demo, tests and benches ---------------------------------------------------------------


MATERIAL = {
    "run": "",
    "demo": "material.speech()",
    # The benches' clip, and the small one of tests/e2e.
    "test": "material.clip(); material.clip(seconds=12, width_px=640, height_px=360)",
}


def _render_material(level: str) -> None:
    """So that nobody waits for it in the midst of a measurement."""
    stamp = ROOT / "build" / "material" / f".setup-{level}"
    wanted = digest_of([ROOT / "tools" / "material.py"]) + MATERIAL[level]
    if not MATERIAL[level] or (stamp.exists() and stamp.read_text() == wanted):
        return
    print("setup: rendering pictures and speech …", flush=True)
    _run([sys.executable, "-c", f"from tools import material; {MATERIAL[level]}"])
    stamp.write_text(wanted)


PEOPLE = "@vladmandic/face-api@1.7.15"
"""Sample photographs of people (MIT), for the bench of the quality meter; never part of the program."""
PEOPLE_SHA256 = "ab680326a7490040d4f665e78342291a286ff5cbb79c20fa8b7d66e848db71c9"


def _fetch_people(level: str) -> None:
    folder = ROOT / "build" / "material" / "people"
    stamp = folder / ".setup"
    if level != "test" or (stamp.exists() and stamp.read_text() == PEOPLE_SHA256):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SetupError("npm is needed for the photographs of the benches: install Node.js, then call again.")
    print("setup: fetching photographs …", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        _run([npm, "pack", PEOPLE, "--silent", "--pack-destination", scratch])
        [package] = Path(scratch).glob("*.tgz")
        with tarfile.open(package) as archive:
            samples = sorted(name for name in archive.getnames() if _SAMPLE.fullmatch(name))
            contents = {name.rpartition("/")[2]: archive.extractfile(name) for name in samples}
            pictures = {name: file.read() for name, file in contents.items() if file is not None}
    found = hashlib.sha256(b"".join(pictures.values())).hexdigest()
    if found != PEOPLE_SHA256:
        raise SetupError(f"the photographs in {PEOPLE} are others than those the bench was made with ({found})")
    for name, picture in pictures.items():
        (folder / name).write_bytes(picture)
    stamp.write_text(PEOPLE_SHA256)


_SAMPLE = re.compile(r"package/demo/sample[1-6]\.jpg")


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", check=False,
    )  # fmt: skip
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-40:])
        raise SetupError(f"`{' '.join(command[:6])} …` failed with {done.returncode}:\n{tail}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
