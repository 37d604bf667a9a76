"""What the daemon imports, and what it does not: each of these would stay in memory as long as it runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from stopwatch.app.memory import leaving_out

pytestmark = pytest.mark.slow

_PROGRAM = """
import sys
import stopwatch.app.running
from pathlib import Path
from stopwatch.app.building import examine
from stopwatch.store.connect import open_store
open_store(f"sqlite:///{sys.argv[1]}/stopwatch.db").close()
assert examine(Path(sys.argv[2]))[0] is not None
print(*(name for name, module in sys.modules.items() if module is not None))
"""
"""Imports the daemon as `stopwatch run` does, and does what a first start does."""
HEAVY = {
    "aiohttp": "asynchronous Slack",
    "alembic": "upgrades of a database",
    "greenlet": "SQLAlchemy's asyncio",
    "mako": "Alembic's templates",
    "psycopg": "PostgreSQL, which this one has not",
    "pygments": "httpx's command",
    "resvg_py": "pictures, until the first is drawn",
    "rich": "structlog's pretty tracebacks",
    "sqlalchemy.orm": "objects in place of rows",
    "unittest": "tests",
}
"""What the daemon's imports could reach, and what it is for."""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Whatever a daemon has imported once it has opened a new database and read its files."""
    program = f"from stopwatch.app.memory import UNUSED, leaving_out\nwith leaving_out(*UNUSED): exec({_PROGRAM!r})"
    rules = Path(__file__).parents[2] / "rules"
    command = [sys.executable, "-c", program, str(tmp_path_factory.mktemp("database")), str(rules)]
    return set(subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())


@pytest.mark.parametrize("package", HEAVY)
def test_the_daemon_starts_without(package: str, imported: set[str]) -> None:
    assert "stopwatch.app.running" in imported
    assert package not in imported, HEAVY[package]


def test_what_is_left_out_can_be_imported_afterwards_and_what_was_imported_before_stays() -> None:
    sys.modules.pop("colorsys", None)
    with leaving_out("colorsys", "json"):
        with pytest.raises(ImportError):
            import colorsys  # noqa: F401, PLC0415 – that it cannot be imported here is the point
        import json  # noqa: PLC0415 – as above
    import colorsys as found  # noqa: PLC0415 – as above

    assert found.rgb_to_hsv(0, 0, 0) == (0, 0, 0)
    assert json is sys.modules["json"]
