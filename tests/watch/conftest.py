"""Worlds for the tests of the watch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.watch.world import Worlds


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    made = Worlds(tmp_path_factory.mktemp("watch"))
    yield made
    made.close()
