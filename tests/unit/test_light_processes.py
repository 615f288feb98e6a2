"""Each process loads only what it is for, and the service can be installed without the desktop program."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.desktop import clean_environment

ROOT = Path(__file__).resolve().parents[2]

LOADED = """
import importlib, sys
importlib.import_module(sys.argv[1])
print(" ".join(sorted({name.split(".")[0] for name in sys.modules} & set(sys.argv[2].split(",")))))
"""

SERVER_ONLY = """
import importlib, pkgutil, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"PySide6", "sounddevice", "requests", "keyring", "mss", "qtawesome"}:
            raise ModuleNotFoundError(f"{name} is not part of a server", name=name)

sys.meta_path.insert(0, Absent())
import server
names = [module.name for module in pkgutil.walk_packages(server.__path__, "server.")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def python(code: str, *arguments: str, folder: Path = ROOT) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("app.supervisor", "PySide6,numpy,av,cv2,sqlalchemy,fastapi,requests,sounddevice"),
        ("app.main", "cv2,av,sounddevice,sqlalchemy,fastapi"),
        ("ui.app", "cv2,av,sounddevice,sqlalchemy,fastapi,requests"),
        ("capture.host", "PySide6,sqlalchemy,fastapi,requests,websockets"),
        ("server.main", "PySide6,sounddevice,requests,av,cv2"),
        ("server.ingest.main", "PySide6,sounddevice,requests,av,cv2,numpy,sqlalchemy,fastapi"),
    ],
)
def test_a_process_loads_only_what_it_is_for(module: str, unwanted: str) -> None:
    assert python(LOADED, module, unwanted) == ""


def test_the_service_stands_alone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "server", tmp_path / "server", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "app").mkdir()
    for name in ("__init__.py", "errors.py", "logs.py", "i18n.py"):
        shutil.copy(ROOT / "app" / name, tmp_path / "app" / name)
    for name in ("contract", "domain", "liveness", "runtime", "rtmp"):
        shutil.copytree(ROOT / "app" / name, tmp_path / "app" / name, ignore=shutil.ignore_patterns("__pycache__"))
    assert int(python(SERVER_ONLY, folder=tmp_path)) > 20
