"""What holds for every test: one profile of hypothesis, no setting of the caller's shell, a folder in memory."""

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings

from tests.sharing import PartByPart, turn

# Two cores shared by several workers make single examples slow without saying anything about the code.
_PATIENT = (HealthCheck.too_slow,)

settings.register_profile("check", derandomize=True, deadline=None, database=None, suppress_health_check=_PATIENT)
# A third of the examples, for whoever is at work on something.
settings.register_profile("quick", settings.get_profile("check"), max_examples=30)
# That a planted mistake is noticed is all that is asked, so that no example is made smaller.
settings.register_profile("planted", settings.get_profile("check"), phases=(Phase.explicit, Phase.generate))
settings.register_profile(
    "long",
    deadline=None,
    database=None,
    max_examples=2_000,
    print_blob=True,
    suppress_health_check=_PATIENT,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "check"))

for _name in [name for name in os.environ if name.startswith("STOPWATCH_")]:
    del os.environ[_name]

# Where no log is set up, structlog would draw a frame around every local of every traceback.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

# Next to nothing of what is imported and collected is garbage; the search begins once all of it is there.
gc.disable()

_MEMORY = Path("/dev/shm")


@pytest.fixture
def memory_path() -> Iterator[Path]:
    """A folder in memory where there is such a thing, for what commits often and proves nothing about disks."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        yield Path(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with files of slow tests, the longest first, so that no worker keeps a long one for the end."""
    slow = {item.path for item in items if any(map(item.get_closest_marker, ("slow", "long")))}
    items.sort(key=lambda item: turn(item.nodeid, slow=item.path in slow))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what was collected out of every search for garbage, and search seldom: that took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> PartByPart | None:  # noqa: ANN401 – xdist names no type
    """Let workers that share files share the parts of long tests as well."""
    return PartByPart(config, log) if config.getvalue("dist") == "loadfile" else None
