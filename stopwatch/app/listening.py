"""Where answers come in: Slack's requests, its Socket Mode, and words in the threads of unanswered decisions."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from stopwatch.app.answering import Answering
from stopwatch.core.decision import Decision
from stopwatch.core.errors import StoreError
from stopwatch.core.outbox import Delivery, OutboxState
from stopwatch.slack.people import SlackPeople
from stopwatch.slack.socket_mode import SocketMode
from stopwatch.slack.thread_words import WORDS, answers_in, newest
from stopwatch.store.connect import open_store
from stopwatch.watch.acts.answers import heard_since
from stopwatch.watch.delivery.pacing import Bucket

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack
    from datetime import datetime

    from stopwatch.app.daemon import Daemon
    from stopwatch.web.ports import Inbound

log = structlog.get_logger()

ENDPOINT = "/slack/interactions"
INBOX_BUSY = timedelta(seconds=2)
"""How long a click waits for the database; Slack gives up after three seconds."""
POLL_SECONDS = 15.0
STOP_SECONDS = 5.0
_BURST, _PER_SECOND = 10.0, 0.5
"""Reading threads is limited to about 50 a minute for the whole app; look-ups of the outbox need some of them."""


class ThreadWords:
    """Reads the threads of decisions that wait for an answer, every few seconds, within Slack's limits."""

    def __init__(self, daemon: Daemon, people: SlackPeople, answering: Answering) -> None:
        self._daemon = daemon
        self._people = people
        self._answering = answering
        self._bucket = Bucket(_BURST, _PER_SECOND)
        self._read_to: dict[tuple[str, str], str] = {}
        self._held: datetime | None = None
        self._next = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="thread-words", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End after the request in flight."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            if self._daemon.leading.epoch is None:
                continue
            try:
                self.read()
            except StoreError as error:
                log.warning("answer.failed", detail=str(error))

    def read(self) -> None:
        """
        Read each thread once, as far as the pace allows; the next pass begins where this one ended.

        Raises:
            StoreError: The records could not be read.

        """
        daemon = self._daemon
        with daemon.store.reading() as view:
            live = view.decisions(daemon.rule_set.plan.rollout, live=True)
        waiting = [each for each in live if any(each.after(act) is not None for act in WORDS.values())]
        if not waiting:
            self._read_to.clear()
        first = self._next % max(1, len(waiting))
        for number, decision in enumerate([*waiting[first:], *waiting[:first]]):
            now = daemon.clock.now()
            held = self._held is not None and now < self._held
            if self._stop.is_set() or held or not self._bucket.take(now):
                self._next = first + number
                return
            self._read_one(decision, now)

    def _read_one(self, decision: Decision, now: datetime) -> None:
        root = self._daemon.store.root(decision.id)
        if root is None or root.state is not OutboxState.SENT or root.ts is None:
            return
        channel, thread = root.sent_channel or root.message.channel, root.ts
        oldest = self._read_to.get((channel, thread), thread)
        messages = self._people.replies(channel, thread, oldest=oldest)
        if isinstance(messages, Delivery):
            self._daemon.metrics.count_slack_error("conversations.replies", messages.code)
            self._held = now + messages.retry_after if messages.retry_after is not None else None
            return
        since = heard_since(decision)
        found = list(answers_in(messages, decision.id, channel=channel, thread=thread, since=since))
        if all(self._answering.word(deed) for deed in found):
            self._read_to[channel, thread] = newest(messages, oldest)


@dataclass(frozen=True, slots=True)
class Listening:
    """Everything that takes answers: *inbound* endpoints by path, and what is to be started and stopped."""

    inbound: Mapping[str, Inbound]
    threads: tuple[Answering | ThreadWords | SocketMode, ...]
    words: ThreadWords | None = None


def open_listening(daemon: Daemon, stack: ExitStack) -> Listening:
    """Open every way to answer from Slack that the settings allow; none while Slack is off."""
    settings = daemon.settings
    if settings.slack_bot_token is None:
        return Listening({}, ())
    now = daemon.clock.now
    people = SlackPeople(settings.slack_bot_token.get_secret_value(), settings.slack_base_url, now=now)
    inbox = open_store(settings.database_url.get_secret_value(), busy=INBOX_BUSY)
    stack.callback(inbox.close)
    answering = Answering(daemon, people, inbox)
    words = ThreadWords(daemon, people, answering)
    inbound: dict[str, Inbound] = {}
    threads: list[Answering | ThreadWords | SocketMode] = [answering, words]
    if settings.slack_signing_secret is not None:
        inbound[ENDPOINT] = answering.http(settings.slack_signing_secret.get_secret_value())
    if settings.slack_app_token is not None:
        token = settings.slack_app_token.get_secret_value()
        threads.append(SocketMode(token, settings.slack_base_url, now=now, answer=answering.envelope))
    if not inbound and settings.slack_app_token is None:
        log.warning("slack.unanswerable", detail="neither an app token nor a signing secret is set: no buttons")
    return Listening(inbound, tuple(threads), words)
