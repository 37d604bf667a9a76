"""Every link of the demo's chain has its own check, and a broken link is noticed by that check alone."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from stopwatch.demo.runner.checks import checks, ended_well, same_breaches
from stopwatch.demo.runner.seen import GateAnswer, Moment, Seen
from stopwatch.demo.runner.telling import Told

OPEN, CLOSED = GateAnswer(0, 200, open=True), GateAnswer(1, 409, open=False)
UNASKED_OPEN, UNASKED_CLOSED = replace(OPEN, exit_code=None), replace(CLOSED, exit_code=None)
URLS = {kind: f"http://127.0.0.1/{kind}" for kind in ("dashboard", "logs", "runbook")}
AT = "2026-11-21T10:15:00Z"


def decision(state: str, *acts: str) -> dict[str, Any]:
    links = [{"kind": kind, "url": url} for kind, url in URLS.items()]
    return {
        "id": "lodz-20261121T1015Z",
        "site": "lodz",
        "state": state,
        "paused": state != "resumed",
        "grounds": [{"rule": "labels", "opened_at": AT, "links": links}],
        "acts": [{"act": act} for act in acts],
    }


def message(kind: str, text: str) -> dict[str, Any]:
    buttons = [{"type": "button", "url": url} for url in URLS.values()] if kind == "root" else []
    return {
        "ts": f"{kind}.{text}",
        "thread_ts": None if kind == "root" else "root",
        "text": text,
        "blocks": [{"type": "actions", "elements": buttons}, {"type": "section"}],
        "metadata": {"event_payload": {"kind": kind}},
    }


def told(exit_code: int) -> Told:
    return Told(("act",), exit_code, "said", "")


DURING = {"ham-01": UNASKED_OPEN, "lodz": CLOSED, "madrid": UNASKED_CLOSED}
ALL_OPEN = {"ham-01": UNASKED_OPEN, "lodz": OPEN, "madrid": OPEN}
GOOD = Seen(
    site="lodz",
    rule="labels",
    barred=("madrid",),
    history_sites=6,
    before=Moment(ALL_OPEN, (), (), 0.0),
    during=Moment(
        DURING,
        (decision("open"),),
        (message("root", "PAUSED lodz"),),
        1.0,
    ),
    after=Moment(
        ALL_OPEN,
        (decision("resumed", "acknowledge", "resume"),),
        (
            message("root", "RESUMED lodz"),
            message("image", "chart"),
            message("act", "acknowledged"),
            message("recovered", "recovered"),
            message("act", "resumed"),
        ),
        0.0,
    ),
    links=dict.fromkeys(URLS, 200),
    acknowledge=told(0),
    early_resume=told(1),
    resume=told(0),
    replay={"breaches": [{"site": "lodz", "rule": "labels", "opened_at": AT}]},
    audit=told(0),
    outbox=({"key": "k", "state": "sent"},),
    violations=(),
    log_errors=(),
)


def failed(seen: Seen) -> list[str]:
    return [check.name for check in checks(seen) if not check.good]


def test_a_story_that_went_well_passes_every_check() -> None:
    assert failed(GOOD) == []
    assert len({check.name for check in checks(GOOD)}) == len(checks(GOOD)) == 24


def test_a_site_of_the_last_phase_bars_nobody_and_needs_no_check_for_it() -> None:
    gates = {"ham-01": UNASKED_OPEN, "lodz": CLOSED, "madrid": OPEN}
    last = replace(GOOD, barred=(), during=replace(GOOD.during, gates=gates))
    assert failed(last) == []
    assert len(checks(last)) == len(checks(GOOD)) - 1


def without_links() -> Moment:
    bare = deepcopy(GOOD.during.messages[0])
    bare["blocks"][0]["elements"].pop()
    return replace(GOOD.during, messages=(bare,))


@pytest.mark.parametrize(
    ("seen", "broken"),
    [
        pytest.param(replace(GOOD, history_sites=5), "remembers", id="a site without history"),
        pytest.param(
            replace(GOOD, before=replace(GOOD.before, gates=ALL_OPEN | {"ham-01": CLOSED})),
            "before",
            id="closed before",
        ),
        pytest.param(
            replace(GOOD, during=replace(GOOD.during, messages=(message("root", "paused"),))),
            "push line",
            id="push line",
        ),
        pytest.param(replace(GOOD, rule="latency"), "opened one decision", id="another rule"),
        pytest.param(
            replace(GOOD, during=replace(GOOD.during, decisions=(decision("open"),) * 2)),
            "opened one",
            id="two decisions",
        ),
        pytest.param(replace(GOOD, links=dict.fromkeys(URLS, 200) | {"logs": 404}), "are linked", id="a dead link"),
        pytest.param(replace(GOOD, during=without_links()), "carries these links", id="a link missing on the card"),
        pytest.param(replace(GOOD, after=replace(GOOD.after, paused_metric=1.0)), "metric", id="metric stuck"),
        pytest.param(
            replace(GOOD, during=replace(GOOD.during, gates=DURING | {"lodz": replace(CLOSED, exit_code=0)})),
            "the gate of lodz was closed",
            id="command line says open",
        ),
        pytest.param(
            replace(GOOD, during=replace(GOOD.during, gates=DURING | {"madrid": OPEN})),
            "later phases",
            id="later phase stays open",
        ),
        pytest.param(
            replace(GOOD, during=replace(GOOD.during, gates=DURING | {"ham-01": CLOSED})),
            "no other gate",
            id="earlier phase closed",
        ),
        pytest.param(
            replace(GOOD, after=replace(GOOD.after, gates=ALL_OPEN | {"lodz": CLOSED})),
            "is open again",
            id="stays closed",
        ),
        pytest.param(replace(GOOD, acknowledge=told(1)), "acknowledge was accepted", id="acknowledge refused"),
        pytest.param(replace(GOOD, early_resume=told(0)), "was refused while", id="resume too early"),
        pytest.param(replace(GOOD, resume=told(1)), "after the recovery", id="resume refused"),
        pytest.param(
            replace(GOOD, after=replace(GOOD.after, decisions=(decision("resumed", "resume"),))),
            "exactly these acts",
            id="act not recorded",
        ),
        pytest.param(
            replace(GOOD, after=replace(GOOD.after, messages=(*GOOD.after.messages, message("root", "RESUMED lodz")))),
            "one card",
            id="two cards",
        ),
        pytest.param(
            replace(GOOD, after=replace(GOOD.after, messages=(message("root", "PAUSED"), *GOOD.after.messages[1:]))),
            "now says",
            id="card not edited",
        ),
        pytest.param(
            replace(GOOD, after=replace(GOOD.after, messages=GOOD.after.messages[:-1])),
            "its thread tells",
            id="thread item lost",
        ),
        pytest.param(
            replace(GOOD, after=replace(GOOD.after, messages=(GOOD.after.messages[0], *GOOD.after.messages[2:]))),
            "its thread shows",
            id="chart lost",
        ),
        pytest.param(
            replace(GOOD, after=replace(GOOD.after, messages=(*GOOD.after.messages, GOOD.after.messages[1]))),
            "its thread shows",
            id="chart doubled",
        ),
        pytest.param(replace(GOOD, outbox=({"key": "k", "state": "pending"},)), "nothing waits", id="unsent"),
        pytest.param(replace(GOOD, violations=("chat.update: no ts",)), "nothing was asked", id="violation"),
        pytest.param(replace(GOOD, log_errors=("Traceback",)), "log tells", id="traceback"),
        pytest.param(replace(GOOD, replay={"breaches": []}), "replay", id="replay finds nothing"),
        pytest.param(replace(GOOD, audit=told(1)), "audit", id="chain broken"),
    ],
)
def test_a_broken_link_fails_its_own_check_and_no_other(seen: Seen, broken: str) -> None:
    (name,) = failed(seen)
    assert broken in name


def test_a_replay_must_agree_to_the_second() -> None:
    late = {"breaches": [{"site": "lodz", "rule": "labels", "opened_at": "2026-11-21T10:15:01Z"}]}
    check = same_breaches(late, GOOD.after.decisions)
    assert not check.good
    assert "10:15:01" in check.detail


@pytest.mark.parametrize(
    ("exit_code", "good"),
    [
        pytest.param(0, True, id="ended by itself"),
        pytest.param(-9, False, id="had to be killed"),
        pytest.param(None, False, id="never started"),
    ],
)
def test_the_daemon_must_end_when_it_is_told_to(exit_code: int | None, *, good: bool) -> None:
    assert ended_well(exit_code).good is good
