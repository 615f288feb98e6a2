"""Composition root of the window process: build, connect, run Qt, close in reverse order."""

from __future__ import annotations

from pathlib import Path

from app.drafts import DraftFiles
from app.logs import start_logging, stop_logging
from app.ports.platform import Platform
from app.runtime.clock import SystemClock
from app.runtime.ioloop import IoLoop
from app.runtime.launch import WindowLaunch
from app.scripting import ScriptServer
from app.secrets import FileSecrets, KeyringSecrets
from app.settings import SettingsFile
from app.usecases.context import Context, trouble_of
from app.usecases.desk import Desk


def run_window(launch: WindowLaunch) -> int:
    """Show the window until the person leaves; 0 then. Main thread."""
    clock = SystemClock()
    started_s = clock.monotonic_s()
    handler = start_logging(Path(launch.log_dir), "window")
    loop = IoLoop()
    loop.start()
    try:
        desk = _desk(launch, clock, loop)
        script = ScriptServer(launch.script, bytes.fromhex(launch.script_key_hex), desk) if launch.script else None
        try:
            loop.post(desk.start)
            from ui.app import run_ui

            return run_ui(desk, script=script, started_monotonic_s=started_s, log_dir=launch.log_dir)
        finally:
            if script is not None:
                script.close()
            loop.close(desk.close())
    finally:
        stop_logging(handler)


def _desk(launch: WindowLaunch, clock: SystemClock, loop: IoLoop) -> Desk:
    # The network modules cost a third of a second: they are loaded in the I/O thread, behind the first window.
    from app.client.local import EngineLink, SupervisorLink
    from app.client.tokens import Wallets

    data_dir = Path(launch.data_dir)
    secrets = KeyringSecrets(FileSecrets(data_dir / "secrets.json"), scope=str(data_dir))
    wallets = Wallets(secrets, clock, tell=lambda error: context.notify(trouble_of(error)))

    def make_platform(url: str, ca_file: str, is_embedded: bool = False) -> Platform:
        from app.client.platform import HttpPlatform

        return HttpPlatform(url, ca_file, wallets, clock, is_embedded=is_embedded)

    context = Context(
        SettingsFile(data_dir / "settings.json"),
        EngineLink(launch.engine_endpoint, bytes.fromhex(launch.engine_key_hex), clock),
        SupervisorLink(launch.supervisor_endpoint, bytes.fromhex(launch.supervisor_key_hex), clock),
        make_platform,
        clock,
        DraftFiles(data_dir / "drafts", secrets, clock),
    )
    return Desk(
        context,
        loop.post,
        is_restart=launch.is_restart,
        on_raise=lambda: context.change(raise_count=context.state.raise_count + 1),
    )
