"""The demo operator's password, said by a real service until somebody took it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.test_service import Service, running

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def signs_in(service: Service, password: str) -> int:
    body = {"name": "operator", "password": password, "device_name": "desk"}
    with service.client() as client:
        return client.post("/api/v1/auth/operator", json=body).status_code


def test_a_password_that_nobody_took_is_replaced_by_a_new_one(tmp_path: Path) -> None:
    with running(tmp_path, renews_operator=True) as service:
        first = service.said["ready"]["operator_password"]
        assert service.end()[0] == 0
    with running(tmp_path, renews_operator=True) as service:
        second = service.said["ready"]["operator_password"]
        # The second is right, but there is no second factor yet.
        assert [signs_in(service, password) for password in (first, second)] == [401, 403]
        assert service.end()[0] == 0
