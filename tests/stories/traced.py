"""One opening under strace: at any call of the kernel it dies, or the disk is full or broken, or really full."""

from __future__ import annotations

import json
import multiprocessing
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from stopwatch.core.decision import Decision
from stopwatch.core.grid import EPOCH
from stopwatch.core.outbox import MessageKind, OutboxState, root_key
from stopwatch.demo.slack import Pace, SlackEmulator
from stopwatch.store.connect import open_store
from tests.prometheus.scripted import ScriptedServer, Seen, http
from tests.stories.lone_daemon import Steps, live_alone
from tests.stories.traced_records import Files, Records

CALLS = (
    "pwrite64",
    "fdatasync",
    "fsync",
    "sendto",
    "recvfrom",
    *("write", "writev", "pwritev", "ftruncate", "sendmsg"),
)
"""What writes to the disk and makes sure of it, what leaves the process and what comes back, by whatever name."""
SITE, CHANNEL, TOKEN = "ham-01", "C0ONE", "xoxb-one"
HISTORY = {"channels:history", "groups:history"}
"""The rights without which Slack looks nothing up for us."""
BREACH, HOLD = 6, 3
WATCHED, UNWATCHED = BREACH + HOLD, BREACH + HOLD + 6
"""The seconds between which it is traced; the opening is in the first of them."""
CUT = ["-e", "inject=sendto:error=EPIPE:when=1"]
"""For strace: the first thing that is sent does not leave, and its connection is gone."""
ENDED, AFTERWARDS = 17, 25

KPIS = 'kpis: [{id: load, title: Load, unit: count, better: lower, query: "sum by (site) (load)"}]\n'
RULES = """
rules:
  - {id: load-high, kpi: load, op: ">", threshold: 10, sustain: {for: 3s}, step: 1s, eval_delay: 0s}
"""


@dataclass(frozen=True, slots=True)
class Injected:
    """
    What is done to the *number*-th call (and, with *onward*, to all after it): death, or an *error*.

    With *cut* the connection to Slack breaks as well, at the first thing that is sent.
    """

    call: str
    number: int
    error: str | None = None
    onward: bool = False
    cut: bool = False

    @property
    def words(self) -> list[str]:
        """The arguments of strace."""
        what = f"error={self.error}" if self.error else "signal=KILL"
        cut = CUT if self.cut else []
        return ["-e", f"inject={self.call}:{what}:when={self.number}{'+' if self.onward else ''}", *cut]


@dataclass(frozen=True, slots=True)
class Full:
    """The disk under the records has room for so many *pages* while it is traced; *cut* as above."""

    pages: int
    cut: bool = False

    @property
    def words(self) -> list[str]:
        """The arguments of strace."""
        return CUT if self.cut else []


@dataclass(slots=True)
class Opening:
    """A Prometheus with one breach, a Slack, and a folder for one life after the other."""

    folder: Path
    prometheus: ScriptedServer
    slack: SlackEmulator
    origin: int
    sighted: bool = True
    """Whether Slack lets us look up what was sent."""
    records: Records = field(default_factory=Files)
    lives: int = 0
    newest: Path | None = None
    """The folder of the newest life."""
    front: ScriptedServer | None = None
    """What stands between a life and Slack, if anything does."""

    @property
    def slack_port(self) -> int:
        """Where Slack listens."""
        return urlsplit(self.slack.api_url).port or 0

    def live(
        self, injected: Injected | Full | None = None, *, mutant: str | None = None
    ) -> tuple[Path, list[str], str]:
        """
        Live through the opening under strace, then once more without it, and come to rest.

        Returns the folder, what the records and Slack lack or have too much of, and what strace wrote.
        """
        folder = self._begun(mutant)
        given = self._given(folder)
        first = Steps(self.origin, WATCHED - 1, ENDED, WATCHED, UNWATCHED)
        process = _fork(given, mutant, first, folder)
        _until(lambda: not process.is_alive() or (folder / "watch me").exists())
        with _filled(self.records, injected), _traced(process, folder, injected):
            _until(lambda: not process.is_alive() or (folder / "seen enough").exists())
            found = half_written(str(given["database_url"]))
            self.records.keep(folder)
        process.join(30)
        process.kill()
        process.join()
        trace = (folder / "trace").read_text()
        died = process.exitcode != 0
        assert died == ("+++ killed by SIGKILL +++" in trace), (folder / "log").read_text()[-3000:]
        again = _fork(given, mutant, Steps(self.origin, ENDED, AFTERWARDS), folder)
        again.join(30)
        assert again.exitcode == 0, (folder / "log").read_text()[-3000:]
        allowed = 1 if died and not self.sighted else 0
        return folder, found + self._findings(str(given["database_url"]), allowed), trace

    def _begun(self, mutant: str | None) -> Path:
        """Return a fresh folder with the records as they are one second before the opening."""
        before = self.folder / "before"
        if not before.exists():
            before.mkdir()
            self._write_rules()
            process = _fork(self._given(before), None, Steps(self.origin, 0, WATCHED), before)
            process.join(60)
            assert process.exitcode == 0, (before / "log").read_text()[-3000:]
            self.records.remember(before)
        self.lives += 1
        folder = self.folder / f"{mutant or 'sound'}-{self.lives}"
        folder.mkdir()
        self.newest = folder
        self.records.begin(folder)
        self.slack.reset()
        if not self.sighted:
            with self.slack.held() as workspace:
                workspace.scopes -= HISTORY
        return folder

    def _write_rules(self) -> None:
        rules = self.folder / "rules"
        rules.mkdir()
        (rules / "kpis.yaml").write_text(KPIS)
        (rules / "stop-rules.yaml").write_text(RULES)
        live = datetime.fromtimestamp(self.origin, UTC).isoformat()
        never = dict.fromkeys(("broadcast", "notifier", "second_group", "repeat", "undelivered", "undecided"), "1d")
        plan = {
            "rollout": "one",
            "phases": [{"id": "pilot", "sites": [SITE], "observation": "1d"}],
            "sites": {SITE: {"name": "Hamburg", "timezone": "Europe/Berlin", "go_live": live}},
            "escalation": never,
            # Sweeps come after the end: what is doubled stays so, and is seen.
            "delivery": {"settle": "1s", "sweep": ["1h", "2h"]},
        }
        (rules / "rollout.yaml").write_text(json.dumps(plan))

    def _given(self, folder: Path) -> Mapping[str, object]:
        return {
            "config": self.folder / "rules",
            "database_url": self.records.address(folder),
            "prometheus_url": self.prometheus.url,
            "slack_base_url": f"{self.front.url}/api/" if self.front else self.slack.api_url,
            "slack_bot_token": TOKEN,
            "slack_channel": CHANNEL,
        }

    def copies(self) -> Counter[str]:
        """How often each message stands in Slack."""
        return Counter(each["metadata"]["event_payload"]["key"] for each in self.slack.messages(CHANNEL))

    def _findings(self, url: str, allowed: int) -> list[str]:
        """Say what is missing and what is too much; of a card so many copies more are *allowed*."""
        store = open_store(url)
        try:
            with store.reading() as view:
                decisions = view.decisions("one")
                reached = min(view.progress("one").values(), default=EPOCH)
            rows = [row for row in store.rows() if row.message.kind is not MessageKind.IMAGE]
            chain = store.verify_audit()
        finally:
            store.close()
        opened = datetime.fromtimestamp(self.origin + BREACH + HOLD, UTC)
        found = [] if [_grounds(each) for each in decisions] == [[opened]] else [f"decisions: {decisions}"]
        found += [] if reached.timestamp() == self.origin + AFTERWARDS - 1 else [f"judged up to {reached}"]
        found += [f"row {row.message.key}: {row.state}" for row in rows if row.state is not OutboxState.SENT]
        seen = self.copies()
        wanted = Counter(root_key(each.id, CHANNEL) for each in decisions)
        most = Counter(dict.fromkeys(wanted, 1 + allowed))
        found += [f"not told: {key}" for key in wanted - seen] + [f"told too often: {key}" for key in seen - most]
        return found + ([] if chain is None else [f"audit row {chain}"])


def half_written(url: str) -> list[str]:
    """Say which decisions a life left without their card in the outbox; what is wrong is wrong at once."""
    store = open_store(url)
    try:
        with store.reading() as view:
            return [f"no card for {each.id}" for each in view.decisions("one") if not view.card_channels(each.id)]
    finally:
        store.close()


def _grounds(decision: Decision) -> list[datetime]:
    return [ground.opened_at for ground in decision.grounds]


@contextmanager
def opening(folder: Path, *, sighted: bool = True, records: Records | None = None) -> Iterator[Opening]:
    """Run what is outside; Slack refuses to look messages up unless *sighted*; *records* are files by default."""
    origin = int(time.time()) - 60

    def answer(seen: Seen) -> bytes:
        if not seen.path.endswith("/query_range"):
            return http("", 404)
        begin, end = (float(seen.form[name]) for name in ("start", "end"))
        values = [
            [second, "20" if second >= origin + BREACH else "1"] for second in range(round(begin), round(end) + 1)
        ]
        series = [{"metric": {"site": SITE}, "values": values}]
        return http(orjson.dumps({"status": "success", "data": {"resultType": "matrix", "result": series}}))

    with (
        ScriptedServer(answer) as prometheus,
        SlackEmulator(
            tokens=[TOKEN], channels={CHANNEL: "one"}, pace=Pace(per_second=0, tiers=False), clock=time.time
        ) as slack,
    ):
        yield Opening(folder, prometheus, slack, origin, sighted, records or Files())


def _fork(
    given: Mapping[str, object], mutant: str | None, steps: Steps, folder: Path
) -> multiprocessing.process.BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.stories.lone_daemon"])
    process = context.Process(target=live_alone, args=(given, mutant, steps, str(folder)))
    process.start()
    return process


def _filled(records: Records, what: Injected | Full | None) -> AbstractContextManager[None]:
    """Leave only so much room on the disk as is wanted."""
    if not isinstance(what, Full):
        return nullcontext()
    assert isinstance(records, Files)
    return records.filled(what.pages)


@contextmanager
def _traced(
    process: multiprocessing.process.BaseProcess, folder: Path, injected: Injected | Full | None
) -> Iterator[None]:
    """Trace *process*, which waits for it, until the block ends."""
    wanted = [] if injected is None else injected.words
    what = ["-e", f"trace={','.join(CALLS)}", *wanted, "-p", str(process.pid)]
    tracer = subprocess.Popen(
        ["strace", "-qq", "-yy", "-s", "40", "-o", str(folder / "trace"), *what], stderr=subprocess.PIPE, text=True
    )
    try:
        yield
    finally:
        tracer.terminate()
        said = tracer.communicate(timeout=20)[1]
    if not (folder / "trace").exists():
        raise AssertionError(f"strace did not trace: {said}")


def _until(happened: Callable[[], bool]) -> None:
    for _ in range(12_000):
        if happened():
            return
        time.sleep(0.005)


def calls_of(trace: str) -> Counter[str]:
    """How often each call was made."""
    return Counter(re.findall(r"^(\w+)\(", trace, re.MULTILINE))
