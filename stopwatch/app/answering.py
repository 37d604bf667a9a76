"""Answers from Slack: proven, written down, acknowledged, and only then applied, by a thread of its own."""

from __future__ import annotations

import hashlib
import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from http import HTTPStatus
from queue import SimpleQueue
from typing import TYPE_CHECKING

import structlog

from stopwatch.app.dialogs import dialog_of, words_of
from stopwatch.core.errors import StoreError
from stopwatch.core.inbox import Receipt, Result, Way
from stopwatch.core.outbox import Effect
from stopwatch.slack.inbound import Asked, UnreadableError, asked, payload_of, place_of
from stopwatch.slack.modal import errors_of
from stopwatch.slack.signature import proof_of
from stopwatch.slack.whisper import whisper
from stopwatch.watch.acts.answers import apply, complaint, preview
from stopwatch.watch.acts.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from stopwatch.app.daemon import Daemon
    from stopwatch.core.inbox import Interaction
    from stopwatch.slack.people import SlackPeople
    from stopwatch.watch.acts.answers import Inbox

log = structlog.get_logger()

PASS_SECONDS = 1.0
STOP_SECONDS = 5.0
DIALOG_SECONDS = 2.5
"""How long an acknowledgement waits for its dialog; Slack gives up after three."""
WHISPERS = 3
"""How often a person is told at most, while Slack does not take it."""

_NOTHING = ("text/plain", b"")
_AGAIN = frozenset({Effect.NOT_SENT, Effect.THROTTLED, Effect.AMBIGUOUS})


@dataclass(frozen=True, slots=True)
class Reply:
    """What Slack is answered: how the delivery was received (None: it could not be written) and *body*."""

    receipt: Receipt | None
    body: Mapping[str, object] | None = None


class Answering:
    """
    Takes what people do in Slack.

    Args:
        daemon: Whose decisions are answered.
        people: Slack, as far as single people are concerned.
        inbox: Where deeds are written before they are answered; it gives up before Slack does.

    """

    def __init__(self, daemon: Daemon, people: SlackPeople, inbox: Inbox) -> None:
        self._daemon = daemon
        self._people = people
        self._inbox = inbox
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._dialogs = ThreadPoolExecutor(2, thread_name_prefix="dialogs")
        self._thread = threading.Thread(target=self._run, name="answers", daemon=True)
        self._untold: SimpleQueue[tuple[Outcome, int]] = SimpleQueue()

    def start(self) -> None:
        """Begin to apply what waits, also what waited when the process ended."""
        self._thread.start()

    def stop(self) -> None:
        """End after the deed in progress; the others wait on disk."""
        self._stop.set()
        self._wake.set()
        self._dialogs.shutdown(wait=True, cancel_futures=True)
        self._thread.join(STOP_SECONDS)

    # ------------------------------------------------------------------------------------------------------ taking

    def http(self, secret: str) -> Callable[[Mapping[str, str], bytes], tuple[int, str, bytes]]:
        """Return the endpoint that takes requests signed with *secret*: 200, 401 without proof, 503 if unwritable."""

        def endpoint(headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
            proof = proof_of(headers, body, secret=secret, now=self._daemon.clock.now())
            try:
                payload = payload_of(body) if proof is not None else None
            except UnreadableError:
                payload = None
            if proof is None or payload is None:
                self._count("other", Way.HTTP, Result.REJECTED)
                return HTTPStatus.UNAUTHORIZED, *_NOTHING
            ticket = hashlib.sha256(proof.encode()).hexdigest()
            reply = self.take(asked(payload, Way.HTTP, f"http/{ticket}"))
            if reply.receipt is None:
                return HTTPStatus.SERVICE_UNAVAILABLE, *_NOTHING
            if reply.receipt is Receipt.REPLAYED:
                return HTTPStatus.UNAUTHORIZED, *_NOTHING
            if not reply.body:
                return HTTPStatus.OK, *_NOTHING
            return HTTPStatus.OK, "application/json", json.dumps(reply.body).encode()

        return endpoint

    def envelope(self, payload: Mapping[str, object], envelope_id: str) -> Mapping[str, object] | None:
        """Take one envelope of Socket Mode; None leaves it unacknowledged, so that the person sees that it failed."""
        reply = self.take(asked(payload, Way.SOCKET, f"socket/{envelope_id[:200]}"))
        return None if reply.receipt is None else reply.body or {}

    def word(self, deed: Interaction) -> bool:
        """Take an answer found in a thread; False if it could not be written."""
        return self.take(Asked(deed, deed.act.value, deed.way)).receipt is not None

    def take(self, what: Asked) -> Reply:
        """Write down what a person did, then open its dialog or let it be applied; what is wrong is said at once."""
        if what.deed is None:
            self._count(what.action, what.way, Result.NOTED)
            return Reply(Receipt.NEW)
        deed, now = what.deed, self._daemon.clock.now()
        try:
            wrong = complaint(self._daemon.desk, deed, now=now) if what.submitted else None
            if wrong is not None:
                self._count(what.action, deed.way, Result.INCOMPLETE)
                return Reply(Receipt.NEW, errors_of(deed.act, *wrong))
            receipt = self._inbox.receive(deed, now=now, result=Result.ASKED if what.dialog else None)
        except StoreError as error:
            log.warning("answer.unwritable", detail=str(error))
            self._count(what.action, deed.way, Result.UNWRITABLE)
            return Reply(None)
        if receipt is not Receipt.NEW:
            self._count(what.action, deed.way, Result.REPEATED)
        elif what.dialog and not self._stop.is_set():
            return Reply(receipt, self._open(what, deed))
        else:
            self._wake.set()
        return Reply(receipt)

    # ----------------------------------------------------------------------------------------------------- dialogs

    def _open(self, what: Asked, deed: Interaction) -> Mapping[str, object] | None:
        """
        Open a dialog while its trigger is fresh; a slow Slack delays the acknowledgement only for a while.

        Returns the answer to a command that was refused: it is shown where it was typed, even where we are no member.
        """
        opening = self._dialogs.submit(self._ask, what, deed)
        try:
            failure = opening.exception(timeout=DIALOG_SECONDS)
        except TimeoutError:
            log.warning("answer.dialog_slow", act=deed.act)
            opening.add_done_callback(self._later)
            return None
        if failure is not None:
            _broke(deed, failure)
            return None
        untold = opening.result()
        if untold is not None and what.command:
            return {"response_type": "ephemeral", "text": whisper(deed, untold.result, untold.why, None)}
        self._later(opening)
        return None

    def _later(self, opening: Future[Outcome | None]) -> None:
        """Let a person be told what came of a dialog that did not open."""
        failed = opening.cancelled() or opening.exception() is not None
        untold = None if failed else opening.result()
        if untold is not None:
            self._untold.put((untold, 1))
            self._wake.set()

    def _ask(self, what: Asked, deed: Interaction) -> Outcome | None:
        """Open the dialog; return what the person must be told because it did not open."""
        desk, now = self._daemon.desk, self._daemon.clock.now()
        try:
            outcome = preview(desk, deed, self._people, now=now)
            if outcome.result is Result.ASKED:
                opened = self._people.open(what.trigger or "", dialog_of(desk, self._people, what, outcome, now=now))
                if opened.effect is not Effect.SENT:
                    log.warning("answer.dialog_refused", act=deed.act, code=opened.code)
                    why = "its dialog could not be opened in time; click again"
                    outcome = Outcome(deed, Result.UNASKED, outcome.decision, why)
            if outcome.result is not Result.ASKED:
                self._inbox.finish(deed.key, outcome.result, now=now)
        except StoreError as error:
            log.warning("answer.failed", detail=str(error))
            outcome = Outcome(deed, Result.UNASKED, None, "the records cannot be read or written now; click again")
        self._count(deed.act, deed.way, outcome.result)
        return outcome if outcome.result is not Result.ASKED else None

    # ---------------------------------------------------------------------------------------------------- applying

    def _run(self) -> None:
        with ThreadPoolExecutor(1, thread_name_prefix="answer") as fence:
            while not self._stop.is_set():
                try:
                    # Any replica takes what people do; the leader alone applies it, so that nobody applies it twice.
                    waiting = self._inbox.waiting() if self._daemon.leading.epoch is not None else []
                except StoreError as error:
                    log.warning("answer.failed", detail=str(error))
                    waiting = []
                for deed, received_at in waiting:
                    if not self._stop.is_set():
                        # What breaks here is this deed's alone; it stays in the inbox, and the next one is taken.
                        _broke(deed, fence.submit(self._apply, deed, received_at).exception())
                self._tell()
                self._wake.wait(PASS_SECONDS)
                self._wake.clear()

    def _apply(self, deed: Interaction, received_at: datetime) -> None:
        now = self._daemon.clock.now()
        with self._daemon.leading.working():
            outcome = apply(replace(self._daemon.desk, store=self._daemon.led), deed, self._people, now=now)
        self._inbox.finish(deed.key, outcome.result, now=now)
        self._count(deed.act, deed.way, outcome.result)
        waited = round((now - received_at).total_seconds(), 3)
        log.info("answer.taken", decision=deed.decision, act=deed.act, result=outcome.result, waited_seconds=waited)
        if outcome.told:
            self._untold.put((outcome, 1))

    def _tell(self) -> None:
        """Tell people what no card tells them; what Slack does not take is told again a few times."""
        for _ in range(self._untold.qsize()):
            outcome, attempt = self._untold.get()
            deed = outcome.deed
            channel, thread = self._where(deed)
            if channel is None:
                log.warning("answer.untold", act=deed.act, code="no_channel")
                continue
            text = words_of(self._daemon.desk, self._people, outcome, pages=self._daemon.settings.external_url)
            told = self._people.whisper(channel, deed.user, text, thread=thread)
            home = self._daemon.desk.channel(None)
            if told.effect is Effect.BAD_DESTINATION and home not in {None, channel}:
                told = self._people.whisper(str(home), deed.user, text)
            if told.effect is not Effect.SENT:
                log.warning("answer.untold", act=deed.act, code=told.code)
            if told.effect in _AGAIN and attempt < WHISPERS:
                self._untold.put((outcome, attempt + 1))

    def _where(self, deed: Interaction) -> tuple[str | None, str | None]:
        """Return the channel, and for an answer in a thread the thread, in which a person reads the reply."""
        clicked = place_of(deed)
        if not deed.decision:
            return clicked or self._daemon.desk.channel(None), None
        try:
            root = self._daemon.store.root(deed.decision)
        except StoreError:
            root = None
        thread = root.ts if root is not None and deed.way is Way.THREAD else None
        if clicked is not None:
            return clicked, None
        return (root.sent_channel or root.message.channel, thread) if root is not None else (None, None)

    def _count(self, action: str, way: Way, result: Result) -> None:
        self._daemon.metrics.count_interaction(action, way, result)


def _broke(deed: Interaction, failure: BaseException | None) -> None:
    if isinstance(failure, StoreError):
        log.warning("answer.failed", detail=str(failure))
    elif failure is not None:
        log.error("answer.broke", act=deed.act, error=type(failure).__name__, detail=str(failure))
