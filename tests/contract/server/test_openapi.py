"""The OpenAPI document says what the service does: checked by what it describes, with good and bad data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import checks

from app.contract.reports import CLIP_TYPE
from app.contract.rest import API_PREFIX
from tests.contract.server.kit import Desk, LiveService, sign_in

schemathesis.serializer.alias(CLIP_TYPE, "application/octet-stream")
DOCUMENT = f"{API_PREFIX}/openapi.json"
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
# Bytes are bytes, as those of pictures are; the tool does not know it of films.
schemathesis.serializer.alias("video/mp4", "application/octet-stream")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_names_every_route_and_no_internal_one(desk: Desk) -> None:
    document = desk.client.get(DOCUMENT).json()
    assert {f"{method.upper()} {path.removeprefix(API_PREFIX)}" for path, method, _ in operations(document)} == {
        "GET /health",
        "GET /platform",
        "GET /live",
        "POST /auth/code",
        "POST /auth/sign-in",
        "POST /auth/operator",
        "POST /auth/refresh",
        "POST /auth/sign-out",
        "GET /me",
        "PATCH /me",
        "GET /me/devices",
        "DELETE /me/devices/{device_id}",
        "GET /documents",
        "GET /documents/{kind}/versions",
        "GET /documents/{kind}/versions/{number}",
        "POST /documents/{kind}/versions/{number}/accept",
        "GET /me/acceptances",
        "GET /me/onboarding",
        "GET /me/identity",
        "POST /me/identity",
        "GET /me/face-check",
        "POST /me/face-check",
        "POST /me/face-check/cancel",
        "GET /me/liveness",
        "POST /me/liveness",
        "POST /me/liveness/{session_id}/progress",
        "POST /me/liveness/{session_id}/abort",
        "POST /me/liveness/{session_id}/upload",
        "GET /me/liveness/{session_id}/upload",
        "POST /me/liveness/{session_id}/parts",
        "GET /me/inbox",
        "POST /me/inbox/read",
        "GET /me/measures",
        "POST /me/measures/{measure_id}/appeal",
        "GET /me/application",
        "GET /me/applications",
        "POST /me/application",
        "PUT /me/application/draft",
        "POST /me/application/submit",
        "POST /me/text-check",
        "PUT /me/images/{purpose}",
        "DELETE /me/images/{purpose}",
        "GET /me/images",
        "GET /images/{image_id}",
        "GET /me/schedule",
        "POST /me/schedule",
        "PUT /me/schedule/{session_id}",
        "POST /me/schedule/{session_id}/cancel",
        "GET /me/schedule.ics",
        "GET /me/schedule/{session_id}.ics",
        "GET /activities",
        "POST /sessions",
        "GET /sessions/current",
        "GET /sessions/{session_id}",
        "POST /sessions/{session_id}/stream-key",
        "POST /me/probe-key",
        "POST /sessions/{session_id}/end",
        "POST /sessions/{session_id}/cut-off",
        "GET /sessions/{session_id}/play",
        "GET /sessions/{session_id}/guest-check",
        "GET /sessions/{session_id}/messages",
        "GET /sessions/{session_id}/room",
        "POST /sessions/{session_id}/moderation",
        "POST /sessions/{session_id}/moderation/{action_id}/undo",
        "GET /sessions/{session_id}/actions",
        "GET /sessions/{session_id}/actions.csv",
        "GET /sessions/{session_id}/held",
        "GET /sessions/{session_id}/audience",
        "GET /sessions/{session_id}/people/{account_id}",
        "POST /sessions/{session_id}/reports",
        "GET /me/reports",
        "POST /me/reports/{report_id}/withdraw",
        "POST /me/reports/{report_id}/clip",
        "POST /complaints/proofs/{kind}",
        "POST /complaints",
        "GET /me/complaints",
        "GET /sessions/{session_id}/questions",
        "POST /sessions/{session_id}/questions",
        "PUT /sessions/{session_id}/questions/{question_id}/second",
        "DELETE /sessions/{session_id}/questions/{question_id}/second",
        "POST /sessions/{session_id}/questions/{question_id}/{act}",
        "PUT /anchors/{anchor_id}/follow",
        "DELETE /anchors/{anchor_id}/follow",
    }
    for _path, _method, operation in operations(document):
        for status in ("422", "default"):
            schema = operation["responses"][status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ErrorReply"}


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_the_service_keeps_to_its_document(
    live: LiveService, is_signed_in: bool, mode: schemathesis.GenerationMode
) -> None:
    anchor = sign_in(live.client)
    session_id = anchor.post("/sessions", {"title": "t", "category": "other"}).json()["id"]
    schema = schemathesis.openapi.from_dict(live.client.get(DOCUMENT).json())
    schema.config.base_url = live.url
    headers = anchor.headers if is_signed_in else {}
    statuses: Counter[int] = Counter()

    def try_operation(operation: schemathesis.APIOperation) -> None:
        @settings(max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: schemathesis.Case) -> None:
            if mode is schemathesis.GenerationMode.POSITIVE and "session_id" in case.path_parameters:
                case.path_parameters["session_id"] = session_id
            statuses[case.call_and_validate(headers=headers, checks=CHECKS).status_code] += 1

        check()

    for found in schema.get_all_operations():
        operation = found.ok()
        try:
            if not operation.path.endswith("/sign-out"):
                try_operation(operation)
        except Unsatisfiable:
            # Nothing about this operation can be wrong: it takes no input.
            assert mode is schemathesis.GenerationMode.NEGATIVE
    assert sum(statuses.values()) > 200
    assert not [status for status in statuses if status >= 500]
    assert statuses.keys() & ({200, 201} if mode is schemathesis.GenerationMode.POSITIVE else {401, 422})
