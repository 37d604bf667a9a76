"""The story: all is well, a fault, a pause, somebody acts, it recovers, the site goes on; shown step by step."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from stopwatch.demo.runner.options import Options
from stopwatch.demo.runner.picture import take_picture
from stopwatch.demo.runner.seen import GateAnswer, Moment, Seen
from stopwatch.demo.runner.stage import Stage
from stopwatch.demo.runner.telling import Told
from stopwatch.demo.runner.waiting import DemoFailedError, wait_for
from stopwatch.demo.runner.world import CHANNEL, World
from stopwatch.demo.sites.faults import DEFAULT_STRENGTH, FaultKind
from stopwatch.demo.sites.plan import SITES

_FRESH_SECONDS = 10.0
_PATIENCE_SECONDS = 150.0
_SHARES = {FaultKind.INTEGRATION_5XX, FaultKind.EXCEPTIONS, FaultKind.LABELS}
_IN_WORDS = {
    FaultKind.INTEGRATION_5XX: "{} of the calls to shops and carriers answer 5xx",
    FaultKind.INTEGRATION_LATENCY: "shops and carriers take {} as long to answer",
    FaultKind.EXCEPTIONS: "{} of the orders need a person",
    FaultKind.LABELS: "{} of the carrier labels fail",
    FaultKind.ORDER_TO_SHIP: "orders take {} as long to leave",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One play of the story in a *world*, shown on a *stage*."""

    world: World
    stage: Stage
    options: Options

    def play(self) -> Seen:
        """
        Play the story and give what was seen.

        Raises:
            DemoFailedError: Something that the story needs did not happen.

        """
        barred, history = _later_sites(self.options.site), self._history_sites()
        before = self._all_is_well()
        decision = self._fault()
        during, links = self._paused(decision)
        acknowledge, early = self._acknowledged(decision)
        self._recovered(decision)
        resume = self._resumed(decision)
        self.stage.step("What remains: record, replay and proof")
        outbox = self._outbox()
        after, end = self._moment(), datetime.now(UTC)
        return Seen(
            site=self.options.site,
            rule=self.options.rule,
            barred=barred,
            history_sites=history,
            before=before,
            during=during,
            after=after,
            links=links,
            acknowledge=acknowledge,
            early_resume=early,
            resume=resume,
            replay=self._replay(end),
            audit=self._shown("audit", "verify"),
            outbox=outbox,
            violations=tuple(self.world.slack.violations()),
            log_errors=self.world.daemon.log_errors(),
        )

    def _all_is_well(self) -> Moment:
        with self.stage.spinner("waiting until stopwatch has caught up with every site"):
            rows = wait_for("stopwatch's catching up", self._caught_up, seconds=_PATIENCE_SECONDS)
        for row in rows:
            name = next(site.name for site in SITES if site.id == row["site"])
            self.stage.good(f"{row['site']:9}  {name:9}  {row['phase']:6}  {row['state']}, gate open")
        return self._moment()

    def _fault(self) -> Mapping[str, Any]:
        kind, site = self.options.kind, self.options.site
        strength = DEFAULT_STRENGTH[kind]
        words = _IN_WORDS[kind].format(f"{strength:.0%}" if kind in _SHARES else f"{strength:g} times")
        self.stage.step(f"A fault at {site}: {words}")
        self.world.sites.inject({"site": site, "kind": str(kind)})
        required = self.world.daemon.metric("stopwatch_window_required_slots", site=site, rule=self.options.rule) or 1
        with self.stage.bar(f"{self.options.rule} at {site}", total=required) as bar:

            def opened() -> Mapping[str, Any] | None:
                held = self.world.daemon.metric("stopwatch_window_breaching_slots", site=site, rule=self.options.rule)
                value, _state = self._rule()
                bar(held or 0, f"{held or 0:.0f} of {required:.0f} s in breach{self._now(value)}")
                return next((item for item in self._decisions() if item["site"] == site), None)

            decision = wait_for(f"a pause of {site}", opened, seconds=_PATIENCE_SECONDS)
        self.stage.good(
            f"{self.options.rule} held for its whole window, so {site} is paused since {_ground(decision)['opened_at']}"
        )
        return decision

    def _paused(self, decision: Mapping[str, Any]) -> tuple[Moment, Mapping[str, int]]:
        self.stage.step("The pause, in Slack and at the gates")
        with self.stage.spinner("the card is on its way"):
            card = wait_for("the card's arrival in Slack", self._first_message, seconds=_PATIENCE_SECONDS)
        self.stage.loud(card["text"].splitlines()[0])
        during = self._moment()
        closed = [site for site, gate in during.gates.items() if not gate.is_open]
        self.stage.table(
            [
                ("the card", self.world.slack.page_url),
                ("the record", f"{self.world.daemon.url}/api/v1/decisions/{decision['id']}"),
                *((link["kind"], link["url"]) for link in _ground(decision)["links"]),
                ("gates closed", ", ".join(closed) or "none"),
            ]
        )
        if self.options.picture is not None:
            self.stage.say(take_picture(self.world.slack.page_url, self.options.picture, scratch=self.world.folder))
        return during, {link["kind"]: _status_of(link["url"]) for link in _ground(decision)["links"]}

    def _acknowledged(self, decision: Mapping[str, Any]) -> tuple[Told, Told]:
        self.stage.step("Somebody acts: acknowledge is taken, resume is not, for the breach still holds")
        acknowledge = self._shown("decisions", "acknowledge", decision["id"])
        return acknowledge, self._shown("decisions", "resume", decision["id"], "--reason", "surely it is over")

    def _recovered(self, decision: Mapping[str, Any]) -> None:
        self.stage.step(f"The fault is mended; {self.options.site} must stay good for a while")
        self.world.sites.clear()
        with self.stage.spinner("recovering") as tell:

            def over() -> bool | None:
                value, state = self._rule()
                tell(f"{self.options.rule}: {state}{self._now(value)}")
                found = self._decision(decision["id"])
                return True if all(ground["recovered_at"] for ground in found["grounds"]) else None

            wait_for("the recovery of every ground", over, seconds=_PATIENCE_SECONDS)
        recovered = _ground(self._decision(decision["id"]))["recovered_at"]
        self.stage.good(f"recovered at {recovered}; the site stays paused until a person says otherwise")

    def _resumed(self, decision: Mapping[str, Any]) -> Told:
        self.stage.step("Resume")
        told = self._shown("decisions", "resume", decision["id"], "--reason", "the connector was restarted")
        self._shown("gate", self.options.site)
        return told

    def _outbox(self) -> tuple[Mapping[str, Any], ...]:
        def told() -> bool | None:
            first = self._first_message()
            return True if first is not None and not first["text"].startswith("PAUSED") else None

        def sent() -> tuple[Mapping[str, Any], ...] | None:
            rows = tuple(_json(self.world.daemon.command("outbox", "list", "--format", "json"))["rows"])
            return rows if all(row["state"] == "sent" for row in rows) else None

        with self.stage.spinner("card and thread are brought in line"):
            wait_for("the card's last edit", told, seconds=_PATIENCE_SECONDS)
            return wait_for("the delivery of every message", sent, seconds=_PATIENCE_SECONDS)

    def _replay(self, end: datetime) -> Mapping[str, Any]:
        span = ("--start", f"{self.world.go_live:%Y-%m-%dT%H:%M:%SZ}", "--end", f"{end:%Y-%m-%dT%H:%M:%SZ}")
        with self.stage.spinner("the same span once more, from Prometheus alone"):
            told = self.world.daemon.command("replay", *span, "--format", "json")
        found = _json(told)
        breaches = [f"{item['site']} {item['rule']} opened {item['opened_at']}" for item in found["breaches"]]
        self.stage.command(_typed("replay", *span), "\n".join(breaches) or "no breach")
        return found

    def _moment(self) -> Moment:
        return Moment(
            gates={site.id: self._gate(site.id) for site in SITES},
            decisions=tuple(self._decisions()),
            messages=tuple(self.world.slack.messages(CHANNEL)),
            paused_metric=self.world.daemon.metric("stopwatch_site_paused", site=self.options.site),
        )

    def _gate(self, site: str) -> GateAnswer:
        status, answer = self.world.daemon.ask(f"/api/v1/gates/{site}")
        asked = site in {self.options.site, *_later_sites(self.options.site)[:1]}
        exit_code = self.world.daemon.command("gate", site).exit_code if asked else None
        return GateAnswer(exit_code, status, bool(answer["open"]))

    def _caught_up(self) -> list[dict[str, Any]] | None:
        rows: list[dict[str, Any]] = self.world.daemon.ask("/api/v1/status")[1]["sites"]
        now = datetime.now(UTC)
        newest = [rule["newest_slot"] for row in rows for rule in row["rules"]]
        fresh = all(slot and (now - datetime.fromisoformat(slot)).total_seconds() < _FRESH_SECONDS for slot in newest)
        calm = all(rule["state"] == "ok" for row in rows for rule in row["rules"])
        return rows if rows and fresh and calm else None

    def _rule(self) -> tuple[float | None, str]:
        """Value and state of the rule at the site, as the status tells them."""
        for row in self.world.daemon.ask("/api/v1/status")[1]["sites"]:
            for rule in row["rules"]:
                if (row["site"], rule["rule"]) == (self.options.site, self.options.rule):
                    return rule["value"], rule["state"]
        raise DemoFailedError(f"the status does not name {self.options.rule} at {self.options.site}")

    def _now(self, value: float | None) -> str:
        """Write the rule's *value* in its unit, nothing without one."""
        if value is None:
            return ""
        return f", now {value:.1%}" if self.options.kind in _SHARES else f", now {value:,.3g} s"

    def _decisions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.world.daemon.ask("/api/v1/decisions")[1]["decisions"]
        return found

    def _decision(self, identity: str) -> dict[str, Any]:
        found: dict[str, Any] = self.world.daemon.ask(f"/api/v1/decisions/{identity}")[1]
        return found

    def _first_message(self) -> dict[str, Any] | None:
        return next(iter(self.world.slack.messages(CHANNEL)), None)

    def _history_sites(self) -> int:
        """Count the sites whose orders of an hour ago Prometheus can tell."""
        query = {"query": "count(count by (site) (wms_orders_total offset 1h))"}
        try:
            answer = httpx.get(f"{self.world.prometheus.url}/api/v1/query", params=query, timeout=20, trust_env=False)
            found = answer.json()["data"]["result"]
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise DemoFailedError(f"Prometheus did not answer {query['query']}: {error}") from error
        return int(found[0]["value"][1]) if found else 0

    def _shown(self, *words: str) -> Told:
        told = self.world.daemon.command(*words)
        self.stage.command(_typed(*words), f"{told.said}\nexit code {told.exit_code}")
        return told


def _later_sites(site: str) -> tuple[str, ...]:
    """Give the sites of the phases after the one of *site*."""
    phases = list(dict.fromkeys(entry.phase for entry in SITES))
    own = next(entry.phase for entry in SITES if entry.id == site)
    return tuple(entry.id for entry in SITES if phases.index(entry.phase) > phases.index(own))


def _ground(decision: Mapping[str, Any]) -> Mapping[str, Any]:
    first: Mapping[str, Any] = decision["grounds"][0]
    return first


def _status_of(url: str) -> int:
    try:
        return httpx.get(url, timeout=20, follow_redirects=True, trust_env=False).status_code
    except httpx.HTTPError:
        return 0


def _json(told: Told) -> dict[str, Any]:
    """Read what a command wrote."""
    try:
        found: dict[str, Any] = json.loads(told.out)
    except ValueError as broken:
        raise DemoFailedError(f"{_typed(*told.words)} wrote no JSON: {told.said}") from broken
    return found


def _typed(*words: str) -> str:
    return shlex.join(("stopwatch", *words))
