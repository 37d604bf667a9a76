"""Replicas on one PostgreSQL: one leads, a frozen one changes nothing, people act on any, a restart loses nothing."""

from __future__ import annotations

import logging
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from stopwatch.store.connect import open_store
from tests.store.postgres import Cluster, cluster, end_lease
from tests.stories.answering import ANNA, SECRET
from tests.stories.crash_data import HISTORY, SITES
from tests.stories.crash_harness import Outside, outside
from tests.stories.crash_servers import APP_TOKEN
from tests.stories.replicas import A_HUNDRED, Pair, Replica, pair
from tests.stories.world import eventually

log = logging.getLogger(__name__)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(scope="module")
def places() -> Iterator[Outside]:
    with outside() as running:
        yield running


@pytest.fixture(scope="module")
def template(server: Cluster) -> Iterator[str]:
    with server.database() as name:
        open_store(server.address(name)).close()
        yield name


@pytest.fixture
def two(tmp_path: Path, places: Outside, server: Cluster, template: str) -> Iterator[Pair]:
    with pair(tmp_path / "two", places, server, template) as started:
        yield started


def freeze_both(two: Pair) -> None:
    """Let each replica lead until it freezes by itself; thaw it, still sure of its long term, once the other leads."""
    known: set[int] = set()
    for _ in two.replicas:
        leader = eventually("one freezes", partial(_frozen, two, known))
        known.add(leader.pid)
        end_lease(two.url)
        eventually("the other one takes over", partial(_led_by_another, two, leader))
        leader.send(signal.SIGCONT)


def _frozen(two: Pair, known: set[int]) -> Replica | None:
    return next((one for one in two.replicas if one.pid not in known and one.frozen), None)


def _led_by_another(two: Pair, replica: Replica) -> bool:
    ((holder,),) = two.ask("SELECT holder FROM lease")
    return bool(holder.rpartition("/")[2] != str(replica.pid))


def test_a_leader_frozen_before_it_writes_is_refused_once_it_thaws(
    tmp_path: Path, places: Outside, server: Cluster, template: str
) -> None:
    with pair(tmp_path / "two", places, server, template, mutant="freezing", lease="10m") as two:
        freeze_both(two)
        findings = two.at_rest()
        written, stale = two.writes()
    assert written > 20
    assert stale == 0
    assert (findings.lost, findings.doubled) == ([], [])


def test_the_same_story_notices_a_leader_without_a_fence(
    tmp_path: Path, places: Outside, server: Cluster, template: str
) -> None:
    with pair(tmp_path / "two", places, server, template, mutant="freezing-unfenced", lease="10m") as two:
        freeze_both(two)
        eventually("somebody writes who does not lead", lambda: two.writes()[1] > 0)


@pytest.mark.long
@pytest.mark.parametrize("turns", [pytest.param(20, id="many")])
def test_a_leader_frozen_past_its_lease_writes_nothing_once_it_thaws(two: Pair, turns: int) -> None:
    rng = random.Random(turns)
    for _ in range(turns):
        leader, before = two.leader(), two.epoch()
        time.sleep(rng.uniform(0, 1.5))
        leader.send(signal.SIGSTOP)
        try:
            successor = two.leader(other_than=leader)
        finally:
            leader.send(signal.SIGCONT)
        assert two.epoch() > before
        two.follows(leader)
        assert successor.get("/-/ready")["role"] == "leader"
    findings = two.at_rest()
    assert findings.grounds > 20
    assert (findings.lost, findings.doubled) == ([], [])
    written, stale = two.writes()
    assert written > 20
    assert stale == 0


@pytest.mark.parametrize("turns", [pytest.param(2, id="a few"), *A_HUNDRED])
def test_two_that_start_at_once_make_one_decision_a_site(
    tmp_path: Path, places: Outside, server: Cluster, template: str, turns: int
) -> None:
    for turn in range(turns):
        with pair(tmp_path / str(turn), places, server, template, lease="60s") as two:
            two.follower()
            eventually("every site is paused", lambda: len(two.ask("SELECT 1 FROM decisions")) >= len(SITES))
            scopes = [scope for (scope,) in two.ask("SELECT scope FROM decisions ORDER BY scope")]
            assert scopes == sorted(SITES)
            assert two.ask("SELECT key FROM outbox WHERE kind = 'root' GROUP BY key HAVING count(*) > 1") == []
            assert two.epoch() == 1
            assert two.writes()[1] == 0


def test_a_follower_is_ready_shows_the_records_and_takes_acts(two: Pair) -> None:
    follower, leader = two.follower(), two.leader()
    standing = httpx.get(f"{follower.url}/-/ready", timeout=10, trust_env=False)
    assert standing.status_code == 200
    assert (standing.json()["leader"].rpartition("/")[2], standing.json()["database"]) == (str(leader.pid), "up")
    assert "stopwatch_leader 0" in httpx.get(f"{follower.url}/metrics", timeout=10, trust_env=False).text
    assert "stopwatch_leader 1" in httpx.get(f"{leader.url}/metrics", timeout=10, trust_env=False).text
    decision = eventually("a site is paused", lambda: _live(two))
    answer = follower.post(f"/api/v1/decisions/{decision}/acknowledge", {"rev": _rev(two, decision)})
    assert (answer.status_code, answer.json().get("state")) == (200, "acknowledged"), answer.text
    again = follower.post(f"/api/v1/decisions/{decision}/acknowledge", {"rev": 0})
    assert again.status_code in {409, 422}
    stop = {"all": True, "criterion": "sev1", "reason": "the network is down"}
    declared = follower.post("/api/v1/pauses", stop)
    assert declared.status_code == 201, declared.text
    card = (declared.json()["id"], "sent")
    cards = "SELECT decision, state FROM outbox WHERE kind = 'root'"
    eventually("the leader sends its card", lambda: card in two.ask(cards))
    assert two.writes()[1] == 0
    eventually("it shows states", lambda: _states(two))


@pytest.mark.parametrize("way", [pytest.param("http", marks=pytest.mark.long), "socket"])
def test_clicks_and_commands_in_slack_reach_one_replica_and_are_applied_once_whoever_leads(
    tmp_path: Path, places: Outside, server: Cluster, template: str, way: str
) -> None:
    more: dict[str, Any] = {"slack_signing_secret": SECRET} | (
        {"slack_app_token": APP_TOKEN} if way == "socket" else {}
    )
    with pair(tmp_path / "two", places, server, template, past=-100 * HISTORY, lease="4s", **more) as two:
        slack = People(places.slack)
        if way == "http":
            slack.do("settings", request_url=f"{two.replicas[0].url}/slack/interactions", signing_secret=SECRET)
        else:
            eventually("both listen", lambda: slack.look("state")["sessions"] == len(two.replicas))
        for site in SITES[:2]:
            stop = {"site": site, "criterion": "sev1", "reason": "the network is down"}
            decision = two.leader().post("/api/v1/pauses", stop).json()["id"]
            channel, ts = eventually("its card stands", partial(_card, two, decision))
            click = {"channel": channel, "ts": ts, "action_id": "acknowledge", "user": ANNA, "transport": way}
            eventually("a click is heard", partial(slack.do, "click", **click))
            typed = {"channel": channel, "user": ANNA, "command": "/stop-rollout", "text": site, "transport": way}
            view = eventually("a dialog opens", partial(slack.dialog, **typed))
            said = {"scope": f"site:{site}", "criterion": "sev1", "reason": "the belt stands"}
            slack.do("submit", view=view, user=ANNA, values=said, transport=way)
            eventually("both are applied", partial(_heard, two, decision))
            leader = two.leader()
            leader.send(signal.SIGSTOP)
            try:
                two.leader(other_than=leader)
            finally:
                leader.send(signal.SIGCONT)
            two.follows(leader)
        asked = [_dialogs(replica) for replica in two.replicas]
        assert (min(asked), max(asked) >= 2) == (0, True)
        heard = sorted(act for act, actor in two.ask("SELECT act, actor FROM audit") if actor == f"slack:{ANNA}")
        assert heard == ["acknowledge", "acknowledge", "pause", "pause"]
        assert two.writes()[1] == 0


@dataclass(frozen=True, slots=True)
class People:
    """People at the emulated Slack at *url*."""

    url: str

    def do(self, what: str, **order: object) -> bool:
        """Let them do something; tell whether the daemon took it in time."""
        answer = httpx.post(f"{self.url}control/{what}", json=order, timeout=30, trust_env=False)
        return bool(answer.json()["ok"])

    def dialog(self, **typed: object) -> str | None:
        """Let somebody type a command; return the newest dialog that is open, if there is any."""
        self.do("command", **typed)
        return next((view["view"]["id"] for view in reversed(self.look("views")) if view["open"]), None)

    def look(self, what: str) -> Any:  # noqa: ANN401 – JSON
        """Return what they see."""
        return httpx.get(f"{self.url}control/{what}", timeout=30, trust_env=False).json()


def _card(two: Pair, decision: str) -> tuple[str, str] | None:
    """Return channel and ts of a decision's card."""
    found = two.ask("SELECT decision, sent_channel, ts FROM outbox WHERE kind = 'root' AND state = 'sent'")
    return next(((channel, ts) for of, channel, ts in found if of == decision), None)


def _heard(two: Pair, decision: str) -> bool:
    """Tell whether a decision was acknowledged and has both of its stops."""
    grounds = two.ask("SELECT decision FROM grounds WHERE kind = 'manual'")
    return grounds.count((decision,)) == 2 and (decision, "acknowledge") in two.ask("SELECT decision, act FROM acts")


def _dialogs(replica: Replica) -> float:
    """How many dialogs a replica opened; whoever is asked for one opens it, whether it leads or not."""
    lines = replica.ask("/metrics").text.splitlines()
    wanted = [line for line in lines if line.startswith("stopwatch_interactions_total{") and 'result="asked"' in line]
    return sum(float(line.rpartition(" ")[2]) for line in wanted)


def _live(two: Pair) -> str | None:
    found = two.ask("SELECT id FROM decisions WHERE state = 'open' ORDER BY id LIMIT 1")
    return found[0][0] if found else None


def _rev(two: Pair, decision: str) -> int:
    return int(dict(two.ask("SELECT id, rev FROM decisions"))[decision])


def _states(two: Pair) -> bool:
    headers = {"Authorization": "Bearer swt_replicas"}
    shown = httpx.get(f"{two.follower().url}/api/v1/status", headers=headers, timeout=10, trust_env=False).json()
    return any(rule["state"] == "breached" for site in shown["sites"] for rule in site["rules"])


def test_a_leader_that_is_told_to_end_is_replaced_before_its_lease_is_over(
    tmp_path: Path, places: Outside, server: Cluster, template: str
) -> None:
    with pair(tmp_path / "long", places, server, template, lease="10m") as two:
        leader = two.leader()
        two.follower()
        leader.end()
        assert two.leader(other_than=leader).pid != leader.pid
        assert two.epoch() == 2


@pytest.mark.parametrize("turns", [pytest.param(3, id="a few"), pytest.param(50, id="many", marks=pytest.mark.long)])
def test_a_database_that_restarts_under_load_loses_nothing(two: Pair, server: Cluster, turns: int) -> None:
    taken: dict[str, str] = {}
    took: list[float] = []
    two.leader()
    two.follower()  # has started: who starts while its database goes away ends and leaves it to its supervisor
    for turn in range(turns):
        site = SITES[turn % len(SITES)]
        server.restart("immediate" if turn % 2 else "fast")
        began = time.monotonic()
        name = f"turn-{turn}"
        taken[name] = eventually("a stop is taken", partial(_posted, two, turn, site, name))["id"]
        eventually("somebody leads", lambda: any(one.leads for one in two.replicas))
        took.append(round(time.monotonic() - began, 2))
    log.info("seconds from each restart until a stop was written and somebody led: %s", took)
    assert max(took) < 5
    eventually("both can record again", lambda: all(one.get("/-/ready").get("ready") for one in two.replicas))
    kept = {criterion for (criterion,) in two.ask("SELECT criterion FROM grounds WHERE kind = 'manual'")}
    assert kept == taken.keys()
    findings = two.at_rest()
    # Stops have cards of their own, which the comparison does not know; what was judged is compared.
    assert [lost for lost in findings.lost if lost.startswith(("ground", "rest", "audit"))] == []
    assert two.writes()[1] == 0
    store = open_store(two.url)
    assert store.verify_audit() is None
    store.close()


def _posted(two: Pair, turn: int, site: str, name: str) -> dict[str, str] | None:
    """Declare a stop at the replica whose turn it is; None while that cannot be written."""
    body = {"site": site, "criterion": name, "reason": "trying"}
    try:
        answer = two.replicas[turn % 2].post("/api/v1/pauses", body)
    except httpx.HTTPError:
        return None
    if answer.status_code not in {200, 201}:
        return None
    taken: dict[str, str] = answer.json()
    return taken
