"""A daemon beside a Slack, once for each file of such stories: the pings of an open session draw random numbers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stories.answering import Floor, connected, floor


@pytest.fixture(scope="module")
def by_http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    with floor(tmp_path_factory.mktemp("http")) as made:
        yield made
        assert made.slack.violations() == []


@pytest.fixture(scope="module")
def by_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    with floor(tmp_path_factory.mktemp("socket"), socket=True) as made:
        made.soon("the session is open", lambda: connected(made))
        yield made
        assert made.slack.violations() == []


@pytest.fixture(params=["http", "socket"])
def anyhow(request: pytest.FixtureRequest) -> Floor:
    """The floor on each transport."""
    made: Floor = request.getfixturevalue(f"by_{request.param}")
    return made
