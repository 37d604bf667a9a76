"""A PostgreSQL of its own for a test session: Debian's server on a socket in a temporary folder."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from itertools import count
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

_PROGRAMS = Path("/usr/lib/postgresql")


class Cluster:
    """A running server; every database is made empty and found under its own address."""

    def __init__(self, folder: Path, data: Path, programs: Path, account: str) -> None:
        """Remember where everything lies; *account* is the user that the server runs as."""
        self.folder = folder
        self.data = data
        self._programs = programs
        self._account = account
        self._numbers = count(1)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as its user, which may not be root."""
        command = [str(self._programs / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", self._account, "--", *command]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def address(self, name: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def restart(self, mode: str) -> None:
        """End all sessions and start anew; *mode* ``immediate`` is a crash from which it recovers."""
        self.run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "-l", str(self.folder / "log"), "restart")

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Make a database like *template*, empty without further words; its name holds as long as the block lasts."""
        name = f"test_{next(self._numbers)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        yield name
        self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def make(self, name: str, template: str) -> str:
        """Make a database *name* like *template*, which stays as long as the server does."""
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def _execute(self, statement: LiteralString, *names: str) -> None:
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def end_lease(url: str) -> None:
    """Let the leader's lease be over, as if its term had passed; there is none where no daemon came that far."""
    with psycopg.connect(url, autocommit=True) as connection, suppress(psycopg.errors.UndefinedTable):
        connection.execute("UPDATE lease SET until = clock_timestamp() WHERE until > clock_timestamp()")


@contextmanager
def cluster(
    *, listen: str = "", disk: Callable[[Path], AbstractContextManager[Path]] = nullcontext
) -> Iterator[Cluster]:
    """
    Start a server as long as the block lasts; it listens on a Unix socket, and at *listen* for its neighbours.

    Its data lie in a folder, or on the *disk* that is made of it.
    """
    programs = max(_PROGRAMS.glob("*/bin"), key=lambda path: int(path.parent.name))
    account = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="stopwatch-postgresql-"))
    try:
        with disk(folder / "disk") as home:
            home.mkdir(exist_ok=True)
            for owned in (folder, home) if os.geteuid() == 0 else ():
                shutil.chown(owned, account, account)
            with _running(Cluster(folder, home / "data", programs, account), listen) as server:
                yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(server: Cluster, listen: str) -> Iterator[Cluster]:
    data = str(server.data)
    server.run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    with Path(data, "pg_hba.conf").open("a") as admitted:
        admitted.write("host all all samenet trust\n" if listen else "")
    # A commit that does not wait for the log is written so late that a crash of the server loses it.
    late = "-c wal_writer_delay=10s"
    options = f"-k {server.folder} -c listen_addresses='{listen}' -c fsync=off {late}"
    server.run("pg_ctl", "-D", data, "-w", "-l", str(server.folder / "log"), "-o", options, "start")
    try:
        yield server
    finally:
        server.run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
