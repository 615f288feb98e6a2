"""Fixtures of the service's contract tests: the same cases on SQLite and, marked slow, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.runtime.clock import ManualClock, SystemClock
from server.gate import Person
from tests.contract.server.applicants import Applicant, applicant, make_anchor, operator_of, verify
from tests.contract.server.kit import Desk, FakeIngest, LiveService, PostgresCluster, config_for, desk_client


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    cluster = PostgresCluster().start()
    yield cluster
    cluster.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    return cluster.new_database()


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    config, clock, ingest = config_for(tmp_path, database_url), ManualClock(), FakeIngest()
    with desk_client(config, clock, ingest) as client:
        yield Desk(client, clock, ingest, config)


@pytest.fixture
def operator(desk: Desk) -> Person:
    """One of the platform's people, at the desk."""
    return operator_of(desk)


@pytest.fixture
def anchor(desk: Desk) -> Applicant:
    """Somebody who may broadcast."""
    person = applicant(desk)
    make_anchor(desk, person)
    verify(desk, person)
    return person


@pytest.fixture
def live(tmp_path: Path, database_url: str) -> Iterator[LiveService]:
    service = LiveService(config_for(tmp_path, database_url), SystemClock(), FakeIngest()).start()
    yield service
    service.stop()
