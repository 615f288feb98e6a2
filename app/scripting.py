"""The window's end of the script channel: wishes, window commands, and a summary of the state. Its threads only.

Nothing here is reachable without the endpoint and the key that the supervisor was started with.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from app.ports.script import ScriptAnswer, ScriptCommand
from app.runtime.channel import ChannelListener
from app.usecases import wishes
from app.usecases.desk import Desk
from app.usecases.state import DeskState

Submit = Callable[[Mapping[str, Any], Callable[[Mapping[str, Any]], None]], None]


class ScriptServer:
    """Listens from construction to ``close``; window commands wait for ``attach`` by the screen."""

    def __init__(self, endpoint: str, key: bytes, desk: Desk) -> None:
        self._desk = desk
        self._submit: Submit | None = None
        self._has_window = threading.Event()
        self._listener: ChannelListener[ScriptAnswer, ScriptCommand] = ChannelListener(
            endpoint,
            key,
            ScriptCommand,
            on_attached=lambda _: None,
            on_message=self._take,
            on_detached=lambda: None,
            name="script",
        )
        self._listener.start()

    def attach(self, submit: Submit) -> None:
        """The screen is up: ``submit`` runs a command in its thread."""
        self._submit = submit
        self._has_window.set()

    def close(self) -> None:
        self._listener.close()

    def _take(self, command: ScriptCommand) -> None:
        number = command.request_id
        try:
            if command.window is not None:
                self._window(number, command.window)
                return
            if command.wish:
                self._desk.wish(_wish(command.wish, command.args))
            self._answer(ScriptAnswer(request_id=number, ok=True, body=summary(self._desk.state)))
        except (LookupError, msgspec.ValidationError) as problem:
            self._answer(ScriptAnswer(request_id=number, ok=False, error=str(problem)))

    def _window(self, number: int, command: Mapping[str, Any]) -> None:
        if not self._has_window.wait(5.0) or self._submit is None:
            raise LookupError("there is no window")

        def reply(answer: Mapping[str, Any]) -> None:
            error = str(answer.get("error", ""))
            self._answer(ScriptAnswer(request_id=number, ok=bool(answer.get("ok")), error=error, body=dict(answer)))

        self._submit(command, reply)

    def _answer(self, answer: ScriptAnswer) -> None:
        self._listener.send(answer)


def _wish(name: str, args: Mapping[str, Any]) -> wishes.Wish:
    kind = getattr(wishes, name, None)
    if not isinstance(kind, type) or kind.__module__ != wishes.__name__:
        raise LookupError(f"no wish is called {name}")
    wish: wishes.Wish = msgspec.convert(dict(args), kind)
    return wish


def summary(state: DeskState) -> dict[str, Any]:
    """What a driver may know of the state, as plain values."""
    engine, broadcast, account = state.engine, state.broadcast, state.account
    return {
        "platform": state.platform.phase.value,
        "platform_url": state.platform.url,
        "platform_trouble": state.platform.trouble.code if state.platform.trouble else "",
        "operator_name": state.platform.operator_name,
        "account": account.phase.value,
        "account_trouble": account.trouble.code if account.trouble else "",
        "demo_code": account.demo_code,
        "other_codes": [list(pair) for pair in account.other_codes],
        "broadcast": broadcast.phase.value,
        "broadcast_trouble": broadcast.trouble.code if broadcast.trouble else "",
        "session_id": broadcast.session.id if broadcast.session else "",
        "session_state": broadcast.session.state.value if broadcast.session else "",
        "viewer_url": broadcast.session.viewer_url if broadcast.session else "",
        "viewers": broadcast.viewers,
        "messages": broadcast.messages,
        "grace_left_s": broadcast.grace_left_s,
        "is_room_connected": state.room.is_connected,
        "lines": [
            {"id": line.id, "author": line.author_name, "text": line.text, "status": line.status.value, "seq": line.seq}
            for line in state.room.lines
        ],
        "is_engine_attached": engine.is_attached,
        "publish": engine.publish.status.value if engine.publish else "",
        "publish_code": engine.publish.code if engine.publish else "",
        "video": engine.video_status.status.value if engine.video_status else "",
        "video_code": engine.video_status.code if engine.video_status else "",
        "audio": engine.audio_status.status.value if engine.audio_status else "",
        "audio_code": engine.audio_status.code if engine.audio_status else "",
        "record": engine.record.status.value if engine.record else "",
        "record_path": engine.record.path if engine.record else "",
        "stats": msgspec.to_builtins(engine.stats) if engine.stats else {},
        "health": state.health.message_id,
        "notices": [notice.trouble.code for notice in state.notices],
        "frames_sent": broadcast.summary.frames_sent if broadcast.summary else 0,
        "frames_dropped": broadcast.summary.frames_dropped if broadcast.summary else 0,
    }
