"""What a page says of a bundle: its verdict, its baseline, and how the other sites stood in the same answer."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from stopwatch.core.kpi import SiteId
from stopwatch.core.resolve import resolve
from stopwatch.core.rule import BaselineThreshold, Statistic
from stopwatch.web.pages.bundle_view import view_of
from tests.watch.letters import GRAIN, HAM, T0, rule, rule_set
from tests.watch.test_evidence import bundles
from tests.watch.world import Worlds
from tests.web.paused import bundle

OTHERS = [SiteId(f"site-{number}") for number in range(1, 8)]


def test_baseline_and_other_sites_stand_beside_the_verdict(tmp_path: Path) -> None:
    worlds = Worlds(tmp_path)
    written = rule("load", step=GRAIN)
    relative = replace(written.criteria[0], threshold=BaselineThreshold(Statistic.MEDIAN, Decimal("2.5")))
    rules = rule_set(replace(written, criteria=(relative,)), sites=(HAM, *OTHERS))
    series = {("load", site): letter * 9 for site, letter in zip(OTHERS, "CCRCCCM", strict=True)}
    world = worlds.make(rules, series | {("load", HAM): "CCBBBCCCC"})
    for cell in world.cells():
        cell.resolved = resolve(cell.rule, rules.kpis, {(relative.kpi, Statistic.MEDIAN): 2.0})
        cell.unresolved = None
    world.run(T0, T0 + 4 * GRAIN, every=GRAIN)
    ((sha256, body),) = bundles(world)
    facts = dict(view_of(sha256, json.loads(body)).facts)
    assert facts["baseline"] == "load median 2"
    assert facts["other sites then"] == "site-3 4.5, site-1 1, site-2 1, site-4 1, site-5 1, 1 more, 1 without a value"
    worlds.close()


def test_sites_that_had_no_value_are_not_counted_as_if_they_had() -> None:
    silent = {"controls": {"lodz": [1.0, None], "lyon": [None, None]}}
    assert dict(view_of("0" * 64, bundle() | silent).facts)["other sites then"] == "none of 2 had a value"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"kind": "plan", "what": "WMS 4.12"}, "WMS 4.12", id="planned without a version"),
        pytest.param(
            {"kind": "plan", "version": "4.12.0", "actor": "Ida", "ticket": "https://t.example/7"},
            "as planned 4.12.0, by Ida, https://t.example/7",
            id="planned",
        ),
        pytest.param(
            {"kind": "activation", "at": "2026-11-20T06:00:00Z", "version": "4.12.0", "actor": "cli:ida"},
            "go-live 4.12.0, 2026-11-20 07:00 CET, by cli:ida",
            id="go-live",
        ),
        pytest.param(
            {
                "kind": "roll-back",
                "at": "2026-11-20T06:00:00Z",
                "what": "flag",
                "version": "4.11.9",
                "previous_version": "4.12.0",
                "actor": "slack:U1",
            },
            "roll-back of flag 4.12.0 → 4.11.9, 2026-11-20 07:00 CET, by slack:U1",
            id="roll-back",
        ),
    ],
)
def test_the_last_change_is_told_in_a_line(change: dict[str, object], words: str) -> None:
    facts = dict(view_of("0" * 64, bundle() | {"last_change": change}).facts)
    assert facts["last change"] == words
    assert "last change" not in dict(view_of("0" * 64, bundle()).facts), "bundles of old say nothing of it"


def test_what_was_said_is_shown_with_who_where_and_how_the_site_stood() -> None:
    said = {"criterion": "sev1", "reason": "nothing ships", "actor": "api:am", "at": "2026-11-21T10:20:00Z"}
    where = {
        "scope": "ham-01",
        "site": "ham-01",
        "timezone": "Europe/Berlin",
        "on_call": "U0ANNA",
        "revision": "9f" * 32,
    }
    change = {"kind": "activation", "at": "2026-11-20T06:00:00Z", "version": "4.12.0", "actor": "cli:ida"}
    stood = {"activation": {"at": "2026-11-20T06:00:00Z"}, "last_change": change, "labels": {"team": "wms", "a": "b"}}
    assert view_of("0" * 64, said | where | stood).facts == [
        ("said by", "api:am"),
        ("said", "2026-11-21 11:20:00 CET"),
        ("holds at", "ham-01"),
        ("alert", "a=b, team=wms"),
        ("go-live", "2026-11-20 07:00 CET"),
        ("last change", "go-live 4.12.0, 2026-11-20 07:00 CET, by cli:ida"),
        ("on call", "U0ANNA"),
        ("rule files", "revision 9f9f9f9f9f9f"),
    ]
    old = view_of("0" * 64, said).facts
    assert old == [("said by", "api:am"), ("said", "2026-11-21 10:20:00 UTC")], "bundles of old"
    assert not view_of("0" * 64, {**said, "at": "soon"}).facts, "what cannot be read shows its hash alone"


def test_a_bundle_of_a_rule_without_either_says_nothing_of_them(tmp_path: Path) -> None:
    worlds = Worlds(tmp_path)
    world = worlds.make(rule_set(rule("load", step=GRAIN)), {("load", HAM): "CCBBB"})
    world.run(T0, T0 + 4 * GRAIN, every=GRAIN)
    ((sha256, body),) = bundles(world)
    assert not {"baseline", "other sites then"} & dict(view_of(sha256, json.loads(body)).facts).keys()
    worlds.close()
