"""The whole show: start the world, play the story, judge it, stay up if somebody looks on, leave nothing behind."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from stopwatch.demo.prometheus import PrometheusMissingError, PrometheusStartError
from stopwatch.demo.runner.checks import Check, checks, ended_well
from stopwatch.demo.runner.options import Options
from stopwatch.demo.runner.playing import follow, invite
from stopwatch.demo.runner.scenario import Scenario
from stopwatch.demo.runner.stage import Stage
from stopwatch.demo.runner.waiting import DemoFailedError
from stopwatch.demo.runner.world import World, world

_STEPS = 8
_FAILED, _UNUSABLE, _SIGNALLED = 1, 2, 128


class SignalledError(BaseException):
    """Somebody wants the demo to end; carries the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def show(options: Options) -> int:
    """Run the demo; returns its exit code: 0 good, 1 a check failed, 2 something is not installed, 128 + signal."""
    stage, began, verdicts = Stage(steps=_STEPS), time.monotonic(), list[Check]()
    stage.title(f"stopwatch: six warehouses, one rollout, somebody to watch them (seed {options.seed})")
    daemon, invited = None, False
    try:
        with _signals(), world(options, stage) as made:
            daemon = made.daemon
            verdicts += _scenario(made, stage, options)
            stage.say(f"{time.monotonic() - began:.0f} s in all")
            if not options.headless:
                invited = True
                invite(made, stage)
                follow(made, stage)
    except SignalledError as ended:
        stage.say("Everything is being stopped.") if invited else None
        if not invited:
            return _SIGNALLED + ended.number
    except PrometheusMissingError as missing:
        stage.fail(str(missing))
        return _UNUSABLE
    except (DemoFailedError, PrometheusStartError) as failed:
        stage.fail(str(failed))
        return _FAILED
    last = ended_well(daemon.exit_code if daemon else None)
    stage.check(last)
    return _verdict([*verdicts, last], stage, options)


def _scenario(made: World, stage: Stage, options: Options) -> list[Check]:
    stage.table(
        [
            ("Slack", f"{made.slack.page_url}  ← open it now, the card will appear there"),
            ("Prometheus", f"{made.prometheus.url}/graph"),
            ("stopwatch", f"{made.daemon.url}/api/v1/status  /api/v1/decisions  /metrics  /openapi.json"),
            ("the sites", f"{made.sites.url}/metrics"),
            ("files", str(made.folder)),
        ]
    )
    verdicts = checks(Scenario(made, stage, options).play())
    for verdict in verdicts:
        stage.check(verdict)
    return verdicts


def _verdict(verdicts: list[Check], stage: Stage, options: Options) -> int:
    failed = [verdict.name for verdict in verdicts if not verdict.good]
    if failed:
        stage.fail(f"{len(failed)} of {len(verdicts)} checks failed")
        return _FAILED if options.asserting else 0
    stage.good(f"all {len(verdicts)} checks are good")
    return 0


@contextmanager
def _signals() -> Iterator[None]:
    """Turn the first signal that ends programs into an exception; further ones find the demo already tidying up."""
    ended = False

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal ended
        if not ended:
            ended = True
            raise SignalledError(number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
