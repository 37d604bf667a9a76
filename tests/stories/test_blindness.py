"""A blind site is told once, in one message that is edited while it lasts and closed when it is over."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stopwatch.core.blind import Looked
from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.sample import Absence
from stopwatch.watch.blindness import BlindWatch, Sights
from tests.stories.calls import CHANNEL, HAM, START, Calls

pytestmark = pytest.mark.slow
MINUTE = timedelta(minutes=1)


@dataclass
class Watching:
    """Two rules at one site whose sight tests set, a look every ten seconds, and Slack."""

    calls: Calls
    blind: BlindWatch
    errors: Absence | None = None
    latency: Absence | None = None
    since: datetime = START
    now_blind: frozenset[SiteId] = frozenset()

    def looks(self) -> list[Looked]:
        plain = Looked(HAM, RuleId("errors"), MINUTE, timedelta(0), self.calls.now, self.errors, self.since)
        return [plain, replace(plain, rule=RuleId("latency"), no_data=self.latency)]

    def lose(self, why: Absence = Absence.MISSING) -> None:
        self.errors, self.since = why, self.calls.now

    def run(self, minutes: float) -> list[Sights]:
        end, seen = self.calls.now + minutes * MINUTE, []
        while self.calls.now < end:
            self.calls.run(seconds=10)
            seen.append(
                self.blind.look(
                    self.calls.store, self.calls.plan, self.looks(), channel=lambda _site: CHANNEL, now=self.calls.now
                )
            )
        self.calls.run(seconds=10)
        self.now_blind = seen[-1].now_blind
        return [sights for sights in seen if sights.blind or sights.over]

    def texts(self) -> list[str]:
        return [message["text"] for message in self.calls.shown("blind")]


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watching]:
    calls = Calls(tmp_path)
    yield Watching(calls, BlindWatch())
    calls.stop()


def test_a_blind_site_is_told_once_and_closed_when_it_is_seen_again(watching: Watching) -> None:
    watching.run(1)
    assert watching.now_blind == frozenset()
    watching.lose()
    assert watching.run(9.8) == []
    assert watching.now_blind == {HAM}
    watching.run(1)
    (text,) = watching.texts()
    assert text.startswith("<@U0ANNA> Blind at Hamburg (ham-01)")
    assert "errors (no data)" in text
    watching.run(30)
    assert len(watching.texts()) == 1
    watching.latency = Absence.MISSING
    watching.run(1)
    (text,) = watching.texts()
    assert "errors (no data), latency (no data)" in text
    watching.errors = watching.latency = None
    watching.run(1)
    (text,) = watching.texts()
    assert text.startswith("Seen again: Hamburg (ham-01)")
    (message,) = watching.calls.shown("blind")
    assert message["metadata"]["event_payload"]["decision"] == ""
    assert message["metadata"]["event_payload"]["key"] == "blind/ham-01/20261121T101610Z"
    assert watching.calls.slack.violations() == []


def test_low_volume_is_never_told(watching: Watching) -> None:
    watching.lose(Absence.LOW_VOLUME)
    assert watching.run(30) == []
    assert watching.texts() == []


def test_a_restart_tells_nothing_twice_and_still_closes(watching: Watching) -> None:
    watching.lose()
    watching.run(12)
    watching.blind = BlindWatch()
    watching.calls.restart()
    watching.run(15)
    assert len(watching.texts()) == 1
    watching.blind = BlindWatch()
    watching.errors = None
    watching.run(0.5)
    assert [text.startswith("Seen again") for text in watching.texts()] == [True]
    watching.blind = BlindWatch()
    watching.run(0.5)
    assert len(watching.texts()) == 1


def test_a_second_blindness_is_a_second_message(watching: Watching) -> None:
    watching.lose()
    watching.run(12)
    watching.errors = None
    watching.run(1)
    watching.lose()
    watching.run(12)
    assert [text[:10] for text in watching.texts()] == ["Seen again", "<@U0ANNA> "]


def test_what_was_over_before_slack_came_back_is_not_told(watching: Watching) -> None:
    watching.calls.break_slack(error="token_revoked")
    watching.lose()
    watching.run(12)
    watching.errors = None
    watching.run(1)
    watching.calls.mend_slack()
    watching.run(3)
    assert watching.texts() == []


def test_a_blind_site_is_no_pause(watching: Watching) -> None:
    watching.lose()
    watching.run(30)
    with watching.calls.store.reading() as view:
        assert view.decisions(watching.calls.plan.rollout) == []
