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
from app.usecases import liveness_wishes, wishes
from app.usecases.desk import Desk
from app.usecases.state import DeskState

_MODULES = (wishes.__name__, liveness_wishes.__name__)
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
    if not isinstance(kind, type) or kind.__module__ not in _MODULES:
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
        "peak": broadcast.peak,
        "onlookers": broadcast.onlookers,
        "figures_phase": broadcast.audience.phase.value,
        "figures": broadcast.audience.figures.model_dump() if broadcast.audience.figures else {},
        "comments": broadcast.audience.comments,
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
        **_quality_summary(state),
        **_way_summary(state),
        **_liveness_summary(state),
    }


def _liveness_summary(state: DeskState) -> dict[str, Any]:
    """How the face check by camera stands."""
    desk = state.liveness
    now = desk.now
    return {
        "liveness": desk.phase.value,
        "liveness_state": desk.standing.state.value if desk.standing and desk.standing.state else "",
        "liveness_outcome": desk.outcome.value if desk.outcome else "",
        "liveness_retry": desk.retry.value if desk.retry else "",
        "liveness_abort": desk.abort.value if desk.abort else "",
        "liveness_trouble": desk.trouble.code if desk.trouble else "",
        "liveness_prompt": now.prompt.value if now is not None and now.prompt else "",
        "liveness_action": now.action.value if now is not None and now.action else "",
        "liveness_done": [action.value for action in desk.done],
        "liveness_colours": [list(colour) for colour in desk.colours],
        "liveness_sent": desk.sent_ratio,
    }


def _quality_summary(state: DeskState) -> dict[str, Any]:
    """What the meters say of picture, sound, network and computer."""
    quality = state.quality
    return {
        "score": quality.score.total,
        "group_scores": {group.value: points for group, points in quality.score.groups.items()},
        "found": [one.defect.value for found in quality.findings.values() for one in found if one.is_found],
        "blocks": [one.defect.value for one in quality.score.blocks],
        "mendable": sorted(quality.mendable),
        "mended": sorted(quality.mended),
        "is_settled": quality.is_settled,
        "probe": quality.probe.phase.value,
        "sample": quality.sample.status.value,
        "advice": quality.advice.defect.value if quality.advice else "",
        "is_talking_muted": quality.is_talking_muted,
        "face_luma": quality.picture.face_luma if quality.picture else None,
        "luma": quality.picture.luma if quality.picture else None,
    }


def _way_summary(state: DeskState) -> dict[str, Any]:
    """The way to air: never what a person wrote, or how they can be reached."""
    onboarding, documents, desk, inbox = state.onboarding, state.documents, state.application, state.inbox
    identity = state.identity
    opened, application, account = documents.opened, desk.application, state.account.account
    steps = onboarding.onboarding.steps if onboarding.onboarding else []
    return {
        "roles": [role.value for role in account.roles] if account else [],
        "scopes": [scope.value for scope in account.scopes] if account else [],
        "onboarding": onboarding.phase.value,
        "steps": {step.id.value: step.state.value for step in steps},
        "may_broadcast": bool(onboarding.onboarding and onboarding.onboarding.may_broadcast),
        "missing": onboarding.onboarding.missing if onboarding.onboarding else "",
        "documents": {one.kind.value: one.current.number if one.current is not None else 0 for one in documents.kinds},
        "accepted": [[one.kind.value, one.number] for one in documents.acceptances],
        "document": opened.kind.value if opened else "",
        "document_phase": opened.phase.value if opened else "",
        "document_number": opened.version.number if opened and opened.version else 0,
        "document_compared": opened.compared_with.number
        if opened and opened.comparison and opened.compared_with
        else 0,
        "needs_acceptance": bool(opened and opened.needs_acceptance),
        "document_trouble": opened.trouble.code if opened and opened.trouble else "",
        "application": application.state.value if application else "",
        "application_phase": desk.phase.value,
        "application_revision": application.revision if application else 0,
        "application_save": desk.save.value,
        "application_trouble": desk.trouble.code if desk.trouble else "",
        "application_faults": {field.value: fault for field, fault in desk.faults.items()},
        "application_findings": {
            field.value: [[one.start, one.end, one.label] for one in found] for field, found in desk.findings.items()
        },
        "is_identity_checked": bool(identity.identity and identity.identity.checked_at),
        "identity_faults": {field.value: fault for field, fault in identity.faults.items()},
        "face": identity.face.state.value if identity.face else "",
        "has_conflict": desk.conflict is not None,
        "images": {image.purpose.value: image.state.value for image in desk.images},
        "schedule_phase": state.schedule.phase.value,
        "planned": [[one.session.id, one.session.state.value] for one in state.schedule.upcoming],
        "plan_faults": {field.value: fault.code for field, fault in state.schedule.faults.items()},
        "unread": inbox.unread,
        "inbox": [[one.kind.value, one.is_read] for one in inbox.messages],
    }
