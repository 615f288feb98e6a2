"""The real program, driven hands free through its script channel: demo, end-to-end tests and benches.

Starts ``python -m app`` in a session of its own, works it by clicks and wishes, and ends it. One thread.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.ports.script import ScriptAnswer, ScriptCommand
from app.runtime import paths
from app.runtime.channel import Channel, ChannelError, attach

ROOT = Path(__file__).resolve().parents[1]
START_S = 30.0
WAIT_S = 20.0
END_S = 15.0
_LOOK_S = 0.1
_PAINT_S = 0.05
DECLARATIONS = ("not_blocklisted", "no_conflicting_duty", "equal_relation", "truthful")
CAMERA = {"type": "CameraSource", "device_id": "test-camera", "width_px": 640, "height_px": 480}
"""The camera whose pictures a feeder makes."""
BUSY = ("preparing", "on_air", "interrupted")


class ProgramError(Exception):
    """The program did not do what was asked; the text says what was seen instead."""


@dataclass(frozen=True)
class ShownOperator:
    """What the window shows once of the demo platform's operator."""

    desk_url: str
    name: str
    password: str = field(repr=False)


class Program:
    """A context. ``data_dir`` may hold the settings and secrets of an earlier run.

    ``camera``: the socket of a feeder (capture.sources.socket_camera); choose it as ``CAMERA``.
    """

    def __init__(self, data_dir: Path, environment: Mapping[str, str], camera: Path | None = None) -> None:
        self.data_dir = data_dir
        data_dir.mkdir(parents=True, exist_ok=True)
        self._key = secrets.token_bytes(32)
        # Not in data_dir, whose path may be too long for a socket.
        self._endpoint = paths.endpoint(paths.runtime_dir(data_dir), "script")
        key_file = data_dir / "script.key"
        key_file.touch(mode=0o600)
        key_file.write_text(self._key.hex())
        self._numbers = itertools.count(1)
        self._answers: queue.Queue[ScriptAnswer] = queue.Queue()
        self._channel: Channel[ScriptCommand, ScriptAnswer] | None = None
        self.started_s = time.monotonic()
        self.operator = ShownOperator("", "", "")
        self._output = (data_dir / "program.log").open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "app", "--data-dir", str(data_dir), "--script-endpoint", self._endpoint,
                "--script-key-file", str(key_file), *(("--script-camera", str(camera)) if camera is not None else ()),
            ],
            cwd=ROOT,
            # No keyring of the person who runs this: the file in data_dir takes its place.
            env={**environment, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
            stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output, start_new_session=True,
        )  # fmt: skip
        try:
            self.attach()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---- channel ------------------------------------------------------------------------------------

    def attach(self) -> None:
        """Connect to the window; again after the window was started anew."""
        if self._channel is not None:
            self._channel.close()
        deadline_s = time.monotonic() + START_S
        while True:
            try:
                self._channel = attach(
                    self._endpoint,
                    self._key,
                    ScriptAnswer,
                    on_message=self._answers.put,
                    on_closed=lambda: None,
                    name="driver",
                )
                return
            except ChannelError as cause:
                if self.process.poll() is not None:
                    raise ProgramError(f"the program ended with {self.process.returncode}; {self._tail()}") from cause
                if time.monotonic() > deadline_s:
                    raise ProgramError(f"no window after {START_S:.0f} s; {self._tail()}") from cause
                time.sleep(0.05)

    def ask(self, **command: Any) -> dict[str, Any]:
        """One command of app.ports.script; the answer's body. Raises ProgramError."""
        number = next(self._numbers)
        if self._channel is None or not self._channel.send(ScriptCommand(request_id=number, **command)):
            raise ProgramError("the window is not there")
        deadline_s = time.monotonic() + WAIT_S
        while True:
            try:
                answer = self._answers.get(timeout=max(0.01, deadline_s - time.monotonic()))
            except queue.Empty:
                raise ProgramError(f"no answer to {command}") from None
            if answer.request_id == number:
                if not answer.ok:
                    raise ProgramError(f"{command}: {answer.error}")
                return answer.body

    @property
    def state(self) -> dict[str, Any]:
        """app.scripting.summary of the present state."""
        return self.ask(state=True)

    def wish(self, name: str, **arguments: Any) -> None:
        """A wish of app.usecases.wishes."""
        self.ask(wish=name, args=arguments)

    def window(self, command: str, argument: Any = None) -> dict[str, Any]:
        """A command of ui.script."""
        return self.ask(window={command: {} if argument is None else argument})

    def until(self, is_so: Callable[[dict[str, Any]], bool], what: str, wait_s: float = WAIT_S) -> dict[str, Any]:
        """Wait until the state satisfies ``is_so``; that state. Raises ProgramError."""
        deadline_s = time.monotonic() + wait_s
        while True:
            state = self.state
            if is_so(state):
                return state
            if time.monotonic() > deadline_s:
                raise ProgramError(f"not {what} after {wait_s:.0f} s: {state}")
            time.sleep(_LOOK_S)

    def listed(self, name: str) -> list[str]:
        """What a list says of each of its rows; nothing while the list is not on screen."""
        try:
            return [str(row) for row in self.window("list", name)["rows"]]
        except ProgramError:
            return []

    def until_window(self, command: str, argument: Any, wait_s: float = WAIT_S) -> None:
        """Repeat a window command until it can be done: the widget may have to appear first."""
        deadline_s = time.monotonic() + wait_s
        while True:
            try:
                self.window(command, argument)
                return
            except ProgramError:
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(_LOOK_S)

    # ---- what people do -----------------------------------------------------------------------------

    def try_here(self) -> str:
        """First start: try on this machine; the platform's address. ``operator`` is noted as a person notes it."""
        self.until_window("click", "first_start.try_here")
        state = self.until(lambda state: state["platform"] == "ready", "a platform", 40)
        self.until_window("widget", "password.password")
        shown = {one: str(self.window("widget", f"password.{one}")["text"]) for one in ("desk", "name", "password")}
        self.operator = ShownOperator(shown["desk"], shown["name"], shown["password"])
        self.until_window("click", "password.noted")
        return str(state["platform_url"])

    def sign_in(self, phone: str) -> None:
        """Through the form, with the code that the window shows."""
        self.until(lambda state: state["account"] == "signed_out", "signed out")
        self.until_window("type", {"name": "sign_in.phone", "text": phone})
        self.until_window("click", "sign_in.get_code")
        self.until(lambda state: bool(state["demo_code"]), "given a code")
        self.until_window("click", "sign_in.fill_code")
        # Six digits may be sent as soon as they are there.
        deadline_s = time.monotonic() + WAIT_S
        while (account := self.state["account"]) != "signed_in":
            if time.monotonic() > deadline_s:
                raise ProgramError(f"not signed in: {account}")
            try:
                self.window("click", "sign_in.submit")
            except ProgramError:
                time.sleep(_LOOK_S)
            time.sleep(_LOOK_S)

    def choose(self, video: Mapping[str, Any], audio: Mapping[str, Any]) -> None:
        """Sources as in app.ports.engine, e.g. {"type": "DemoSource"}; waits until both are live."""
        self.until(lambda state: bool(state["is_engine_attached"]), "attached to the engine")
        self.wish("ChooseVideo", source=dict(video))
        self.wish("ChooseAudio", source=dict(audio))
        self.until(lambda state: state["video"] == state["audio"] == "live", "live sources")

    def go_live(self, title: str) -> dict[str, Any]:
        """Through the dialog; the state once on air."""
        self.until_window("click", "controls.main")
        self.until_window("type", {"name": "go_live.title_field", "text": title})
        self.until_window("click", "go_live.submit")
        return self.until(lambda state: state["broadcast"] == "on_air", "on air", 30)

    def end_live(self) -> dict[str, Any]:
        """Through the button and its question; the state afterwards."""
        self.until_window("click", "controls.main")
        self.until_window("click", "ending.end")
        return self.until(lambda state: state["broadcast"] == "ended", "ended")

    def quit(self) -> int:
        """Close the window as a person does, and end the broadcast when that is asked; the program's exit code."""
        # Asked before: a window that is free to go answers nothing more.
        is_asked = self.state["broadcast"] in BUSY
        self.window("close")
        if is_asked:
            self.until_window("click", "closing.end")
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            raise ProgramError(f"it did not end within {END_S:.0f} s; {self._tail()}") from None
        return self.close()

    def say(self, text: str) -> None:
        """A message of the anchor, typed into the chat."""
        self.until_window("type", {"name": "chat.input", "text": text})
        self.window("press", {"name": "chat.input", "key": "Return"})

    def code_for(self, phone: str) -> str:
        """The sign-in code of a viewer, as the window shows it."""
        masked = f"{phone[:3]}****{phone[-4:]}"
        state = self.until(
            lambda state: any(pair[0] == masked for pair in state["other_codes"]), f"showing a code of {masked}"
        )
        return str(next(code for number, code in state["other_codes"] if number == masked))

    # ---- the way to air -----------------------------------------------------------------------------

    def open_page(self, name: str) -> None:
        """A page by the name of its entry in the rail; waits until the rail offers it."""
        self.until_window("page", name)

    def page(self) -> str:
        """The page that is open."""
        return str(self.window("look")["page"])

    def texts(self) -> list[str]:
        """Every text that is on screen now."""
        return [str(text) for text in self.window("texts")["texts"]]

    def until_text(self, part: str, wait_s: float = WAIT_S) -> str:
        """Wait until a text with ``part`` in it is on screen; that text."""
        deadline_s = time.monotonic() + wait_s
        while True:
            texts = self.texts()
            found = next((text for text in texts if part in text), None)
            if found is not None:
                return found
            if time.monotonic() > deadline_s:
                raise ProgramError(f"no text with {part!r} after {wait_s:.0f} s: {texts}")
            time.sleep(_LOOK_S)

    def read_agreement(self) -> None:
        """Open the live agreement from the page 准备 and scroll to its end, so that all of it was on screen."""
        self.open_page("prepare")
        self.until_window("click", "prepare.step.agreement")
        self.until_window("click", "prepare.status.main")
        self.until(lambda state: state["document_phase"] == "ready", "reading the agreement")
        self.scroll_to_end("reader.text")

    def scroll_to_end(self, name: str) -> None:
        """Page by page, with the time to be drawn."""
        self.until_window("scroll", {"name": name, "pages": 0})
        while not self.window("scroll", {"name": name, "pages": 1})["is_at_end"]:
            time.sleep(_PAINT_S)

    def accept_agreement(self) -> dict[str, Any]:
        """Accept what is open in the reader; the state once the service has recorded it."""
        number = self.state["document_number"]
        self.until_window("click", "reader.accept")
        return self.until(lambda state: ["live_agreement", number] in state["accepted"], "accepted")

    def check_identity(self, name: str, number: str) -> dict[str, Any]:
        """In the step 实名信息 of the page 准备; the state once the service has checked it."""
        self.open_page("prepare")
        self.until_window("type", {"name": "identity.name.field", "text": name})
        self.until_window("type", {"name": "identity.number.field", "text": number})
        self.until_window("click", "identity.check")
        return self.until(lambda state: bool(state["is_identity_checked"]), "checked by name")

    def ask_face_check(self) -> dict[str, Any]:
        """A video call at the time that is offered first, from the step 人脸核验; the state once the service has it."""
        self.open_page("prepare")
        self.until_window("click", "prepare.step.face")
        self.until_window("click", "prepare.status.second")
        self.until_window("click", "face.ask")
        return self.until(lambda state: state["face"] == "requested", "asked for")

    def begin_application(self) -> None:
        """From the page 准备: begin the application; waits for the form."""
        self.open_page("prepare")
        self.until_window("click", "prepare.step.application")
        if self.state["application"] in ("", "rejected"):
            self.until_window("click", "prepare.status.main")
        self.until(lambda state: state["application"] in ("draft", "returned"), "writing an application")

    def write(self, field: str, text: str) -> None:
        """Type into a field of the form: introduction, contact_phone, organisation_name, credit_code."""
        self.until_window("type", {"name": f"application.{field}", "text": text})

    def fill_application(self, scopes: Sequence[str], introduction: str, phone: str) -> None:
        """As a person: scopes (values of Category), introduction, phone; all four declarations are made."""
        for scope in scopes:
            self.until_window("check", {"name": f"application.scope.{scope}", "is_on": True})
        self.write("introduction", introduction)
        self.write("contact_phone", phone)
        for declaration in DECLARATIONS:
            self.until_window("check", {"name": f"application.declaration.{declaration}", "is_on": True})

    def upload(self, button: str, path: Path) -> None:
        """Choose a picture by a button such as application.licence or settings.avatar."""
        self.until_window("click", f"{button}.choose")
        self.until_window("choose", str(path))

    def submit_application(self) -> dict[str, Any]:
        """Send the form; the state once the service has taken it."""
        self.until_window("click", "application.submit")
        return self.until(lambda state: state["application"] == "submitted", "submitted")

    def open_message(self, row: int) -> None:
        """Open a message of the list, the newest is 0, as Enter does."""
        self.open_page("messages")
        self.until_window("row", {"name": "messages.list", "row": row})
        self.window("press", {"name": "messages.list", "key": "Return"})

    # ---- processes ----------------------------------------------------------------------------------

    def children(self) -> dict[str, int]:
        """Process ids by role, of the supervisor's own children (Linux)."""
        found: dict[str, int] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                except (OSError, IndexError, ValueError):
                    continue
                if parent == self.process.pid and b"--role" in words:
                    found[words[words.index(b"--role") + 1].decode()] = int(entry.name)
        return found

    def close(self) -> int:
        """End the program if it still runs (SIGTERM, later SIGKILL); its exit code."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(END_S)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        code = self.process.wait()
        self._output.close()
        with contextlib.suppress(OSError):
            paths.runtime_dir(self.data_dir).rmdir()
        return code

    def _tail(self) -> str:
        self._output.flush()
        return (self.data_dir / "program.log").read_text(errors="replace")[-1500:]
