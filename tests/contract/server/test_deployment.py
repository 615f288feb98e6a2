"""Service and ingest as two processes, from the very configuration that docs/architecture.md shows."""

from __future__ import annotations

import json
import re
import select
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.contract.server.kit import LOCAL_TOKEN, error_code, sign_in
from tests.net.certificate import make_certificate

ROOT = Path(__file__).resolve().parents[3]
MEDIA_NAME = "media.example.org"
READY_S = 20.0
DELIVERED_S = 10.0


def documented() -> tuple[dict[str, Any], dict[str, Any]]:
    section = (ROOT / "docs/architecture.md").read_text("utf-8").partition("### A service of your own")[2]
    service, ingest = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", section, re.DOTALL)[:2])
    return service, ingest


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Part:
    """A process started as the document says; ``end`` it."""

    def __init__(self, role: str, config: dict[str, Any], folder: Path) -> None:
        path = folder / f"{role}.json"
        path.touch(0o600)
        path.write_text(json.dumps(config))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "--role", role, "--config", str(path)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], READY_S)[0], f"no word of the {role}"
        assert "ready" in json.loads(self.process.stdout.readline())

    def end(self) -> int:
        self.process.terminate()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait(10)


@pytest.mark.slow
def test_orders_reach_the_ingest_of_the_documented_deployment(tmp_path: Path) -> None:
    service, ingest = documented()
    certificate, key = make_certificate(tmp_path, MEDIA_NAME)
    service_port, rtmp_port, http_port = free_ports(3)
    ports = {str(service["port"]): service_port, str(ingest["rtmp_port"]): rtmp_port, "18080": http_port}

    def here(config: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """The same with this machine's ports and folders."""
        text = re.sub(r"\b(8000|1936|18080)\b", lambda found: str(ports[found[0]]), json.dumps(config))
        secrets = {"hook_secret": "h" * 32, "media_secret": "m" * 32, "log_dir": str(tmp_path / "log")}
        return json.loads(text) | secrets | changes

    given_to_service = here(
        service,
        data_dir=str(tmp_path / "service"),
        database_url="",
        ingest_ca_file=certificate,
        # Somebody must be able to sign in without a sender of text messages.
        is_demo=True,
        local_token=LOCAL_TOKEN,
    )
    given_to_ingest = here(
        ingest, data_dir=str(tmp_path / "ingest"), host="127.0.0.1", tls_certificate=certificate, tls_key=key
    )
    parts: list[Part] = []
    try:
        parts.append(Part("service", given_to_service, tmp_path))
        parts.append(Part("ingest", given_to_ingest, tmp_path))
        # As the proxy in front of the service asks.
        as_proxy = {"Host": "live.example.org", "X-Forwarded-For": "198.51.100.7"}
        with (
            httpx2.Client(base_url=f"http://127.0.0.1:{service_port}", headers=as_proxy, trust_env=False) as client,
            httpx2.Client(
                base_url=f"https://127.0.0.1:{http_port}",
                verify=ssl.create_default_context(cafile=certificate),
                headers={"Host": MEDIA_NAME},
                trust_env=False,
            ) as media,
        ):
            anchor = sign_in(client)
            session = anchor.post("/sessions", {"title": "t", "category": "other"}).json()
            assert session["viewer_url"] == f"https://live.example.org/s/{session['id']}"
            address = anchor.get(f"/sessions/{session['id']}/play").json()["flv_url"]
            assert address.startswith(f"https://{MEDIA_NAME}:{http_port}/live/")
            path = address.removeprefix(f"https://{MEDIA_NAME}:{http_port}")
            assert anchor.post(f"/sessions/{session['id']}/end").status_code == 200
            answered = ""
            give_up_s = time.monotonic() + DELIVERED_S
            while answered != "session_ended" and time.monotonic() < give_up_s:
                with media.stream("GET", path, extensions={"sni_hostname": MEDIA_NAME}) as reply:
                    # While the order is under way the ingest waits for a publisher and answers without end.
                    if reply.is_error:
                        reply.read()
                        answered = error_code(reply)
                time.sleep(0.1)
            assert answered == "session_ended", "the order to close the session was delivered"
            while client.get("/health").json()["ingest"] != "ok" and time.monotonic() < give_up_s:
                time.sleep(0.2)
            assert client.get("/health").json()["ingest"] == "ok"
        assert [part.end() for part in reversed(parts)] == [0, 0]
    finally:
        for part in parts:
            if part.process.poll() is None:
                part.process.kill()
                part.process.wait(10)
