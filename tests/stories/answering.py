"""The whole daemon beside a Slack in which people click: manual stops are its decisions, so no Prometheus is needed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from stopwatch.app.answering import Answering
from stopwatch.app.daemon import Daemon
from stopwatch.app.listening import ThreadWords
from stopwatch.app.running import running
from stopwatch.config.settings import Settings, load_settings
from stopwatch.core.decision import Decision, DecisionId
from stopwatch.core.kpi import SiteId
from stopwatch.core.stop import Stop
from stopwatch.demo.prometheus import free_port
from stopwatch.demo.slack import Pace, SlackEmulator
from stopwatch.demo.slack.delivery import signed
from stopwatch.slack.people import SlackPeople
from stopwatch.watch.acts.commands import pause
from tests.stories.world import KPIS, RULES, eventually

CHANNEL = "C0HYPERCARE"
ANNA, BEN, CARLA = "U0ANNA", "U0BEN", "U0CARLA"
GROUP = "S0ONCALL"
"""Anna and Ben are in it, Carla is not."""
SECRET = "emulated-signing-secret"
SITES = [f"site-{number:02}" for number in range(1, 61)]
RIGHTS = {"override": [GROUP], "resume": [BEN], "roll-back": [GROUP], "close": [GROUP]} | {
    "pause": [GROUP],
    "attach": [GROUP],
    "issue": [GROUP],
}
"""Nobody may dismiss."""


@dataclass(slots=True)
class Floor:
    """A daemon, its Slack, and what people do there."""

    slack: SlackEmulator
    daemon: Daemon
    settings: Settings
    opened: int = 0

    @property
    def url(self) -> str:
        """Where the daemon answers."""
        return f"http://{self.settings.listen.host}:{self.settings.listen.port}"

    def stop(self, criterion: str = "sev1") -> tuple[DecisionId, str]:
        """Let somebody stop the next site; return the decision and the ts of its card once it stands."""
        site = SITES[self.opened]
        self.opened += 1
        stop = Stop(criterion, "labels are missing", "cli:lena", site=SiteId(site))
        decision, _new = pause(self.daemon.desk, stop, transport="cli", now=self.daemon.clock.now())
        return decision.id, eventually("its card stands", lambda: self.card(decision.id), seconds=20)

    def card(self, decision: str) -> str | None:
        """Return the ts of a decision's card."""
        root = self.daemon.store.root(DecisionId(decision))
        return root.ts if root else None

    def decision(self, decision: str) -> Decision:
        """Return a decision as it stands."""
        with self.daemon.store.reading() as view:
            found = view.decision(DecisionId(decision))
        assert found is not None
        return found

    def state(self, decision: str) -> str:
        """Return a decision's state."""
        return self.decision(decision).state.value

    def acts(self, decision: str) -> list[tuple[str, str]]:
        """Return who did what to a decision."""
        return [(acted.act, acted.actor) for acted in self.decision(decision).acts]

    def click(self, ts: str, action: str, user: str, **more: object) -> dict[str, Any]:
        """Let *user* click; return what the emulator saw of it."""
        return self.slack.control("click", channel=CHANNEL, ts=ts, action_id=action, user=user, **more)

    def choose(self, ts: str, decision: str, act: str, user: str) -> dict[str, Any]:
        """Let *user* choose *act* from the card's menu."""
        now = self.decision(decision)
        return self.click(ts, "more", user, value=f"{decision}|{now.rev}|{len(now.grounds)}|{act}")

    def dialog(self) -> dict[str, Any]:
        """Return the newest dialog."""
        with self.slack.held() as workspace:
            views = list(workspace.views.values())
        assert views, "no dialog is open"
        found: dict[str, Any] = views[-1]
        return found

    def dialogs(self) -> int:
        """Return how many dialogs were ever opened."""
        with self.slack.held() as workspace:
            return len(workspace.views)

    def submit(self, user: str, **values: object) -> dict[str, Any]:
        """Let *user* submit the newest dialog; return the answer."""
        view = self.dialog()["view"]["id"]
        outcome: dict[str, Any] = self.slack.control("submit", view=view, user=user, values=values)["outcomes"][0]
        return outcome

    def whispers(self, user: str) -> list[str]:
        """Return what only *user* was told."""
        return [message["text"] for message in self.slack.messages(CHANNEL) if message["only_for"] == user]

    def audited(self, act: str) -> list[Mapping[str, Any]]:
        """Return the audit rows of an act."""
        with self.daemon.store.reading() as view:
            return [row.body for row in view.audit_rows() if row.body["act"] == act]

    def metric(self, action: str, way: str, result: str) -> float:
        """Return the count of interactions."""
        wanted = f'stopwatch_interactions_total{{action="{action}",result="{result}",transport="{way}"}} '
        lines = httpx.get(f"{self.url}/metrics", timeout=10).text.splitlines()
        return next((float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted)), 0.0)

    def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a request as anybody might; return the status."""
        return httpx.post(f"{self.url}/slack/interactions", content=body, headers=dict(headers), timeout=10).status_code

    def soon(self, what: str, tell: Callable[[], Any]) -> Any:  # noqa: ANN401 - what tell returns
        """Wait for *tell* to become true."""
        return eventually(what, tell, seconds=20)


def in_hours(hours: float) -> int:
    """Return an instant from now as dialogs give it."""
    return int((datetime.now(UTC) + timedelta(hours=hours)).timestamp())


@contextmanager
def floor(folder: Path, *, socket: bool = False, **more: object) -> Iterator[Floor]:
    """Run a daemon and a Slack; clicks come in by HTTP, or by Socket Mode if *socket*, which may be both."""
    folder.mkdir(exist_ok=True)
    (folder / "kpis.yaml").write_text(KPIS)
    (folder / "stop-rules.yaml").write_text(RULES)
    site = {"timezone": "Europe/Berlin", "go_live": "2035-01-01T00:00:00Z"}
    plan = {
        "rollout": "story",
        "phases": [{"id": "pilot", "sites": SITES, "observation": "1d"}],
        "sites": {name: {"name": name.title(), **site} for name in SITES},
        "slack": {"rights": RIGHTS},
    }
    (folder / "rollout.yaml").write_text(json.dumps(plan))
    with SlackEmulator(tokens=("xoxb-story", "xapp-story"), pace=Pace(per_second=0, tiers=False)) as slack:
        settings = load_settings(
            {},
            config=folder,
            database_url=f"sqlite:///{folder}/stopwatch.db",
            prometheus_url=f"http://127.0.0.1:{free_port()}",
            listen=f"127.0.0.1:{free_port()}",
            log_level="error",
            slack_base_url=slack.api_url,
            slack_bot_token="xoxb-story",
            slack_channel=CHANNEL,
            slack_signing_secret=SECRET,
            **({"slack_app_token": "xapp-story"} if socket else {}) | more,
        )
        with running(settings) as daemon:
            found = Floor(slack, daemon, settings)
            slack.control("settings", request_url=f"{found.url}/slack/interactions", signing_secret=SECRET)
            yield found


def connected(where: Floor) -> bool:
    """Whether a session of Socket Mode is open."""
    state = httpx.get(f"{where.slack.page_url}control/state", timeout=10, trust_env=False).json()
    return bool(state["sessions"])


def heard(words: ThreadWords, where: Floor) -> list[str]:
    """Read the threads once more; return what Anna was told so far."""
    words.read()
    return where.whispers(ANNA)


def now(where: Floor) -> datetime:
    """Return the daemon's time."""
    return where.daemon.clock.now()


def request(payload: dict[str, object]) -> tuple[bytes, dict[str, str]]:
    """Sign *payload* as Slack would."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    return body, signed(body, secret=SECRET, timestamp=int(time.time()))


def people_of(where: Floor) -> SlackPeople:
    """Return another eye on the same Slack."""
    return SlackPeople("xoxb-story", where.slack.api_url, now=where.daemon.clock.now)


def answering_of(where: Floor) -> Answering:
    """A second taker on the same inbox, whose own thread does not run."""
    return Answering(where.daemon, people_of(where), where.daemon.store)


def shown_rev(where: Floor, ts: str) -> int:
    """Return the revision that the card shows."""
    found = next(message for message in where.slack.messages(CHANNEL) if message["ts"] == ts)
    rev: int = found["metadata"]["event_payload"]["rev"]
    return rev


def command(where: Floor, user: str, text: str = "") -> dict[str, Any]:
    """Let *user* type the command; return what the emulator saw of it."""
    order = {"channel": CHANNEL, "user": user, "command": "/stop-rollout", "text": text}
    outcome: dict[str, Any] = where.slack.control("command", **order)["outcomes"][0]
    return outcome
