"""Evidence as pictures: the room that stores bundles, the one that draws and the one that sends meet here."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import structlog

from stopwatch.app.fencing import attempted, ended_well
from stopwatch.app.sending import PICTURES, SenderThread
from stopwatch.slack.pictures import SlackPictures
from stopwatch.slack.upload import Picture
from stopwatch.watch.delivery.sending import Sender
from stopwatch.watch.escalating import SLACK
from stopwatch.web.charts.chart import describe
from stopwatch.web.charts.raster import png, sheet
from stopwatch.web.pages.bundle_view import view_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from stopwatch.app.daemon import Daemon
    from stopwatch.core.rollout import Plan
    from stopwatch.watch.delivery.report import DeliveryReport
    from stopwatch.watch.ports import Store

log = structlog.get_logger()

MOST = 4
"""How many conditions of one rule a picture shows."""


def pictures_of(store: Store) -> Callable[[str], Picture | None]:
    """Return what draws the bundle with a given hash; None where it is gone or cannot be drawn, which is logged."""

    def picture(sha256: str) -> Picture | None:
        with store.reading() as view:
            body = view.evidence(sha256)
        return drawn(sha256, body) if body is not None else None

    return picture


def drawn(sha256: str, body: str) -> Picture | None:
    """Draw a bundle: its conditions one below the other, at most `MOST` of them."""
    try:
        charts = view_of(sha256, json.loads(body)).charts[:MOST]
        if not charts:
            return None
        return Picture(png(sheet(charts)), charts[0].title, " ".join(describe(chart) for chart in charts))
    except ValueError as error:
        log.warning("picture.not_drawn", evidence=sha256, detail=str(error))
        return None


class PictureSender:
    """Delivers pictures to Slack by the plan in force; a new plan begins with a new sender."""

    def __init__(self, daemon: Daemon, token: str) -> None:
        """Deliver what *daemon* has written, as the app with this bot *token*."""
        self._daemon = daemon
        self._notifier = SlackPictures(
            token,
            daemon.settings.slack_base_url,
            now=daemon.clock.now,
            picture_of=pictures_of(daemon.store),
            attempt=attempted,
        )
        self._plan = daemon.rule_set.plan
        self._sender = self._by(self._plan)

    def deliver(self, now: datetime, *, stopping: Callable[[], bool]) -> DeliveryReport:
        """Make one pass."""
        plan = self._daemon.rule_set.plan
        if plan is not self._plan:
            self._plan, self._sender = plan, self._by(plan)
        return self._sender.deliver(now, stopping=stopping)

    @property
    def refused(self) -> bool:
        """Whether Slack refuses our credentials."""
        return self._sender.refused

    def _by(self, plan: Plan) -> Sender:
        return Sender(
            self._daemon.led,
            self._notifier,
            plan=plan.delivery,
            rng=random.SystemRandom(),
            fallback=plan.slack.fallback_channel,
            fence=ended_well,
            kinds=PICTURES,
        )


def open_picture_sender(daemon: Daemon) -> SenderThread | None:
    """
    Return the thread that uploads charts to Slack; None while Slack is off.

    It is a thread of its own with a pace of its own, so that no upload ever holds up a card.
    """
    token = daemon.settings.slack_bot_token
    if token is None:
        return None
    return SenderThread(daemon, SLACK, PictureSender(daemon, token.get_secret_value()))
