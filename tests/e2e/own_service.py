"""A service as its user runs it: settings in a file, keys of personal fields in a file or in the environment.

``KeysInFile`` and ``KeysInEnvironment`` change the key as each of the two is told to do it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from app.runtime.launch import write_launch
from server.field_keys import FILE, VARIABLE
from server.secrets import FieldCipher, key_id
from tests.e2e.test_service import REPOSITORY, Service, launch_for

COMMAND = [sys.executable, "-W", "error", "-m", "app", "--role", "service", "--config"]
COMMAND_S = 30.0


class OwnService(Service):
    """Started by its file."""

    def __init__(self, config: Path, environment: dict[str, str]) -> None:
        self._start([*COMMAND, str(config)], environment)


class Keys(Protocol):
    """Where the keys of a platform are."""

    def environment(self) -> dict[str, str]: ...

    def all(self) -> list[bytes]:
        """The current one first."""

    def renew(self) -> None:
        """As a user is told to."""

    def keep_current(self) -> None:
        """The earlier ones go, once the log says ``fields_resealed``."""


class Platform:
    """``folder`` holds data, logs and the settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "service.json"
        folder.mkdir(mode=0o700, exist_ok=True)
        self.config.touch(mode=0o600)
        self.config.write_bytes(write_launch(launch_for(folder)))

    @contextlib.contextmanager
    def running(self, keys: Keys) -> Iterator[OwnService]:
        service = OwnService(self.config, keys.environment())
        try:
            yield service
        finally:
            service.clear()

    def rotate(self, environment: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Run the command to its end: its exit status and what it said."""
        done = subprocess.run(
            [*COMMAND, str(self.config), "--rotate-field-key"],
            cwd=REPOSITORY, env=os.environ | environment, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=COMMAND_S, check=False,
        )  # fmt: skip
        assert done.stderr == b"", done.stderr.decode()
        return done.returncode, json.loads(done.stdout)

    def begin(self, keys: Keys | None, *more: str) -> subprocess.Popen[bytes]:
        """The service, or with ``--rotate-field-key`` the command, for those who end it whenever they like."""
        return subprocess.Popen(
            [*COMMAND, str(self.config), *more],
            cwd=REPOSITORY, env=os.environ | (keys.environment() if keys is not None else {}),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def log(self) -> list[dict[str, Any]]:
        lines = (self.folder / "log" / "service.log").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def resealed(self) -> int:
        """How often the service said that nothing is left of the earlier keys."""
        return sum(line["event"] == "fields_resealed" for line in self.log())


class KeysInFile:
    """``field.key`` of the data folder; the command puts a new one in front."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.path = platform.folder / FILE

    def environment(self) -> dict[str, str]:
        return {}

    def all(self) -> list[bytes]:
        return [base64.b64decode(line, validate=True) for line in self.path.read_bytes().splitlines()]

    def renew(self) -> None:
        before = self.all()
        status, said = self._platform.rotate({})
        assert (status, said) == (0, {"field_key": key_id(self.all()[0])})
        assert self.all()[1:] == before

    def keep_current(self) -> None:
        first = self.path.read_text().splitlines()[0]
        self.path.write_text(f"{first}\n")


class KeysInEnvironment:
    """The user makes a key of their own and puts it in front; the command refuses, and says where they are."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._keys = [secrets.token_bytes(32)]

    def environment(self) -> dict[str, str]:
        return {VARIABLE: ",".join(base64.b64encode(key).decode() for key in self._keys)}

    def all(self) -> list[bytes]:
        return list(self._keys)

    def renew(self) -> None:
        refused = {"failed": {"code": "field_keys_in_environment", "variable": VARIABLE}}
        assert self._platform.rotate(self.environment()) == (1, refused)
        # As in the shell of somebody who does not have the service's environment.
        folder = str(self._platform.folder)
        assert self._platform.rotate({}) == (1, {"failed": {"code": "field_key_missing", "folder": folder}})
        assert not (self._platform.folder / FILE).exists()
        self._keys.insert(0, secrets.token_bytes(32))

    def keep_current(self) -> None:
        del self._keys[1:]


def cipher_of(keys: list[bytes]) -> FieldCipher:
    return FieldCipher(keys[0], *keys[1:])
