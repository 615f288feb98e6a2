"""Set-up of a fresh clone, standard library only: apt packages, virtual environment, player scripts.

``python3 tools/setup.py run demo test dev players`` makes sure of the named parts and does nothing when they are
there already (stamps in ``build/`` carry the hash of what they were made from). Not root: the exact apt command is
printed and it stops.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMPS = ROOT / "build"
APT_LISTS = {"run": "apt-run.txt", "demo": "apt-demo.txt", "test": "apt-test.txt"}
VENV_PYTHON = ROOT / ".venv" / "bin" / "python"


def main(parts: list[str]) -> int:
    """Set up the parts; 0 when all is there."""
    STAMPS.mkdir(exist_ok=True)
    try:
        _apt([part for part in parts if part in APT_LISTS])
        _venv("requirements-dev.txt" if "dev" in parts else "requirements.txt")
        if "players" in parts:
            _players()
    except SetupError as problem:
        print(f"set-up: {problem}", file=sys.stderr)
        return 1
    return 0


class SetupError(Exception):
    """Something is missing that a person must see to; the text says what to do."""


def _apt(parts: list[str]) -> None:
    if not shutil.which("dpkg-query"):
        if sys.platform == "linux":
            print("set-up: no dpkg here; install the packages of build_spec/apt-*.txt by hand", file=sys.stderr)
        return
    wanted = [
        package
        for part in parts
        for line in (ROOT / "build_spec" / APT_LISTS[part]).read_text().splitlines()
        if not line.startswith("#")
        for package in line.split()
    ]
    missing = [package for package in wanted if not _is_installed(package)]
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        raise SetupError("packages are missing. Run this, then try again:\n    sudo " + " ".join(install))
    print(f"set-up: installing {len(missing)} system packages …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if _run(install, environment) != 0:
        _run(["apt-get", "update"], environment)
        if _run(install, environment, is_shown=True) != 0:
            raise SetupError("apt-get could not install: " + " ".join(missing))


def _is_installed(package: str) -> bool:
    if package == "npm" and shutil.which("npm"):
        return True
    if package == "python3-venv" and VENV_PYTHON.exists():
        return True
    query = subprocess.run(
        ["dpkg-query", "-W", "-f=${db:Status-Status}", package], capture_output=True, text=True, check=False
    )
    return query.stdout == "installed"


def _venv(requirements: str) -> None:
    files = [ROOT / "requirements.txt", ROOT / requirements]
    stamp = STAMPS / f".setup-{requirements}"
    digest = _digest(files)
    if VENV_PYTHON.exists() and stamp.exists() and stamp.read_text() == digest:
        return
    if not VENV_PYTHON.exists():
        _checked([_python(), "-m", "venv", str(ROOT / ".venv")], "could not make .venv")
    print(f"set-up: installing Python packages of {requirements} …", flush=True)
    _checked(
        [str(VENV_PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", str(ROOT / requirements)],
        "pip failed: is the network there?",
    )
    stamp.write_text(digest)


def _python() -> str:
    for name in ("python3.11", "python3.12", "python3"):
        path = shutil.which(name)
        if path and _version_fits(path):
            return path
    raise SetupError("Python 3.11 or 3.12 is needed (Debian 12 has it: apt-get install python3 python3-venv)")


def _version_fits(path: str) -> bool:
    code = "import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))"
    return subprocess.run([path, "-c", code], capture_output=True, check=False).returncode == 0


def _players() -> None:
    """Put the player scripts of the viewer page (npm) into resources/vendor."""
    lock = ROOT / "package-lock.json"
    stamp = STAMPS / ".setup-players"
    vendor = ROOT / "resources" / "vendor"
    digest = _digest([ROOT / "package.json", lock])
    if stamp.exists() and stamp.read_text() == digest and vendor.is_dir() and any(vendor.iterdir()):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SetupError("npm is missing: install Node.js (it is asked once, for the player scripts)")
    print("set-up: fetching the player scripts …", flush=True)
    _checked([npm, "ci", "--no-audit", "--no-fund", "--silent"], "npm failed: is the network there?")
    _checked([npm, "run", "--silent", "players"], "the player scripts could not be copied")
    stamp.write_text(digest)


def _digest(files: list[Path]) -> str:
    whole = hashlib.sha256()
    for path in files:
        whole.update(path.read_bytes())
    return whole.hexdigest()


def _run(command: list[str], environment: dict[str, str], *, is_shown: bool = False) -> int:
    output = None if is_shown else subprocess.DEVNULL
    return subprocess.run(command, env=environment, stdout=output, stderr=output, check=False).returncode


def _checked(command: list[str], problem: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"{problem}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
