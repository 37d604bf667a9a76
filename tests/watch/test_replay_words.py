"""What a replay comes to in a sentence, also where little, or nothing, could be judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stopwatch.cli.replay_output import cut_short, sentences
from stopwatch.watch.replay.lanes import Lane
from stopwatch.watch.replay.run import Replay
from tests.watch.letters import rule, rule_set
from tests.watch.world import Worlds

END = datetime(2026, 11, 21, 12, tzinfo=UTC)
WEEK_OF_MINUTES = 7 * 24 * 60


@pytest.mark.parametrize(
    ("slots", "says"),
    [
        pytest.param(90, "sites were watched for 1 h 30 min in all, too short for a rate", id="an hour and a half"),
        pytest.param(WEEK_OF_MINUTES - 1, "too short for a rate", id="a minute less than a week"),
        pytest.param(2 * WEEK_OF_MINUTES, "0.00 per site-week over 2.00 site-weeks", id="two weeks"),
    ],
)
def test_a_rate_is_told_only_of_a_week_or_more(worlds: Worlds, slots: int, says: str) -> None:
    world = worlds.make(rule_set(rule("load")), {})
    found = Replay(slots=slots, lanes=[Lane(world.cells()[0], 0, slots=slots)])
    assert sentences(found, END)[0].startswith("0 breaches, 0 decisions: ")
    assert says in sentences(found, END)[0]


@pytest.mark.parametrize(
    ("errors", "says"),
    [
        pytest.param(0, "No slot lies in this span, so nothing can be said of it.", id="no slot"),
        pytest.param(
            120, "All 120 slots were not judged for errors, so nothing can be said of this span.", id="errors"
        ),
    ],
)
def test_where_nothing_was_judged_nothing_sounds_like_good_news(errors: int, says: str) -> None:
    assert sentences(Replay(errors=errors), END) == [says]


@pytest.mark.parametrize(
    ("hours", "says"),
    [
        pytest.param(-1, ["ham-01 from 2026-11-21 11:00Z"], id="within"),
        pytest.param(-24, [], id="at the start"),
        pytest.param(1, [], id="after the end"),
    ],
)
def test_a_site_that_counts_from_a_go_live_within_the_span_is_named(hours: int, says: list[str]) -> None:
    plan = rule_set(rule("load"), go_live=END + timedelta(hours=hours)).plan
    told = cut_short(plan, END - timedelta(hours=24), END)
    assert [line.partition(": ")[2].partition(";")[0] for line in told] == says
