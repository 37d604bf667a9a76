"""The client on the emulator: what leaves, what comes back, and that neither token nor text leaks."""

import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stopwatch.core.decision import Act
from stopwatch.core.outbox import Delivery, Detail, Effect, Message, MessageKind, OutboxRow, OutboxState
from stopwatch.demo.slack import Fault, Pace, SlackEmulator
from stopwatch.slack.client import METHODS, SlackNotifier
from tests.slack.decisions import CHANNEL, act_body, acted, every_card, every_item, opened, root
from tests.slack.decisions import item as item_of

TOKEN = "xoxb-1234-secret-of-the-app"


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackEmulator]:
    with SlackEmulator(tokens=[TOKEN], channels={CHANNEL: "hypercare"}, pace=Pace(per_second=0, tiers=False)) as made:
        yield made


@pytest.fixture
def notifier(slack: SlackEmulator) -> Iterator[SlackNotifier]:
    with slack.held() as workspace:
        workspace.faults.clear()
        workspace.messages.clear()
        workspace.threads.clear()
        workspace.log.clear()
    yield SlackNotifier(TOKEN, slack.api_url, now=lambda: datetime.now(UTC), audit_head=lambda: "5d41402abc4b2a76")
    assert slack.violations() == []


def row_of(message: Message, **changes: object) -> OutboxRow:
    now = datetime.now(UTC)
    fields = {"state": OutboxState.UNKNOWN, "attempts": 1, "created_at": now, "due_at": now, "first_attempt_at": now}
    return OutboxRow(message=message, **(fields | changes))  # type: ignore[arg-type]  # fields are named by the tests


def found(answer: object) -> list[str]:
    assert not isinstance(answer, Delivery), answer
    assert isinstance(answer, list)
    return answer


@pytest.mark.parametrize("detail", Detail)
@pytest.mark.parametrize("name", every_card())
def test_slack_takes_every_card_and_every_update_at_every_level(
    slack: SlackEmulator, notifier: SlackNotifier, name: str, detail: Detail
) -> None:
    decision = every_card()[name]
    row = row_of(root(decision))
    sent = notifier.post(row, decision, thread=None, detail=detail)
    assert sent.effect is Effect.SENT
    kept = row_of(row.message, ts=sent.ts, sent_channel=sent.channel)
    assert notifier.update(kept, decision, detail=detail) == Delivery(Effect.SENT, ts=sent.ts, channel=CHANNEL)
    assert found(notifier.find(row, thread=None)) == [sent.ts]
    metadata = slack.messages(CHANNEL)[0]["metadata"]
    kind = "drill" if name.endswith("drill") else "root"
    payload = {"decision": decision.id, "kind": kind, "key": row.message.key, "rev": decision.rev}
    expected = {"event_type": "stopwatch_decision", "event_payload": payload}
    assert metadata == (None if detail in {Detail.BARE, Detail.MINIMAL} else expected)


@pytest.mark.parametrize("detail", Detail)
def test_slack_takes_every_thread_item_at_every_level(
    slack: SlackEmulator, notifier: SlackNotifier, detail: Detail
) -> None:
    decision = opened()
    card = notifier.post(row_of(root(decision)), decision, thread=None, detail=Detail.FULL)
    for name, (shared, standing) in every_item().items():
        message = replace(shared, key=f"{shared.key}/{name}")
        sent = notifier.post(row_of(message), standing, thread=card.ts, detail=detail)
        assert sent.effect is Effect.SENT
        assert found(notifier.find(row_of(message), thread=card.ts)) == [sent.ts]
    replies = [message for message in slack.messages(CHANNEL) if message["ts"] != card.ts]
    assert {message["thread_ts"] for message in replies} == {card.ts}


def test_a_poorer_update_takes_the_blocks_away(slack: SlackEmulator, notifier: SlackNotifier) -> None:
    decision = opened()
    sent = notifier.post(row_of(root(decision)), decision, thread=None, detail=Detail.FULL)
    kept = row_of(root(decision), ts=sent.ts, sent_channel=CHANNEL)
    notifier.update(kept, acted(decision, Act.ACKNOWLEDGE, 2), detail=Detail.TEXT)
    shown = slack.messages(CHANNEL)[0]
    assert shown["blocks"] == []
    assert shown["text"].startswith("PAUSED ham-01 (pilot), acknowledged by anna")


def test_a_thread_that_is_gone_is_told(slack: SlackEmulator, notifier: SlackNotifier) -> None:
    decision = acted(opened(), Act.ACKNOWLEDGE, 2)
    message = item_of(decision, MessageKind.ACT, "1", act_body(decision))
    sent = notifier.post(row_of(message), decision, thread="1000000000.000001", detail=Detail.FULL)
    assert (sent.effect, sent.code) == (Effect.SENT, "thread_lost")
    assert found(notifier.find(row_of(message), thread="1000000000.000001")) == [sent.ts]


def test_only_messages_since_shortly_before_the_first_attempt_are_looked_up(notifier: SlackNotifier) -> None:
    decision = opened()
    sent = notifier.post(row_of(root(decision)), decision, thread=None, detail=Detail.FULL)
    now = datetime.now(UTC)
    near = row_of(root(decision), first_attempt_at=now + timedelta(seconds=110))
    late = row_of(root(decision), first_attempt_at=now + timedelta(seconds=130))
    assert found(notifier.find(near, thread=None)) == [sent.ts]
    assert found(notifier.find(late, thread=None)) == []


def test_a_look_up_reads_every_page(slack: SlackEmulator, notifier: SlackNotifier) -> None:
    decision = opened()
    first = notifier.post(row_of(root(decision)), decision, thread=None, detail=Detail.FULL)
    for number in range(450):
        slack.say(CHANNEL, "U0ANNA", f"chatter {number}, see {decision.id}")
    assert found(notifier.find(row_of(root(decision)), thread=None)) == [first.ts]
    assert len(slack.log("conversations.history")) == 3


def test_a_person_who_quotes_a_reference_is_not_taken_for_the_message(
    slack: SlackEmulator, notifier: SlackNotifier
) -> None:
    slack.say(CHANNEL, "U0ANNA", f"what is this?\nref {root(opened()).key}")
    assert found(notifier.find(row_of(root(opened())), thread=None)) == []


def test_an_extra_copy_can_be_removed_once(notifier: SlackNotifier) -> None:
    sent = notifier.post(row_of(root(opened())), opened(), thread=None, detail=Detail.FULL)
    assert notifier.delete(CHANNEL, str(sent.ts)).effect is Effect.SENT
    assert notifier.delete(CHANNEL, str(sent.ts)).effect is Effect.GONE


def test_a_probe_tells_good_credentials_from_revoked_ones(slack: SlackEmulator, notifier: SlackNotifier) -> None:
    assert notifier.probe().effect is Effect.SENT
    slack.token_state(TOKEN, "token_revoked")
    assert notifier.probe() == Delivery(Effect.BAD_APP, "token_revoked")
    slack.token_state(TOKEN)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param("", 200, id="nothing"),
        pytest.param("null", 200, id="null"),
        pytest.param("17", 200, id="a number"),
        pytest.param('["ok"]', 200, id="a list"),
        pytest.param('"ok"', 200, id="a text"),
        pytest.param('{"ok": true}', 200, id="ok without ts"),
        pytest.param('{"ok": true, "ts": 5}', 200, id="ts is a number"),
        pytest.param('{"ok": false, "error": {"code": 1}}', 200, id="error is an object"),
        pytest.param("[" * 100_000, 200, id="nested too deeply"),
        pytest.param('{"ok": ' + "9" * 5000 + "}", 200, id="a huge number"),
        pytest.param('{"ok": false}', 500, id="500 without a code"),
        pytest.param("<html>", 301, id="a redirect to nowhere"),
    ],
)
def test_an_odd_body_is_ambiguous_and_no_more(
    slack: SlackEmulator, notifier: SlackNotifier, body: str, status: int
) -> None:
    slack.fault(Fault("status", "chat.postMessage", status=status, body=body, content_type="application/json"))
    assert notifier.post(row_of(root(opened())), opened(), thread=None, detail=Detail.FULL).effect is Effect.AMBIGUOUS


def test_an_unknown_charset_is_ambiguous(slack: SlackEmulator, notifier: SlackNotifier) -> None:
    order = Fault("status", "chat.postMessage", status=200, body="{}", content_type="application/json; charset=klingon")
    slack.fault(order)
    assert notifier.post(row_of(root(opened())), opened(), thread=None, detail=Detail.FULL).effect is Effect.AMBIGUOUS


def test_a_refused_connection_surely_sent_nothing() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    notifier = SlackNotifier(TOKEN, f"http://127.0.0.1:{port}/api/", now=lambda: datetime.now(UTC))
    assert notifier.probe() == Delivery(Effect.NOT_SENT, "connection_refused")


def test_a_name_that_does_not_resolve_surely_sent_nothing() -> None:
    notifier = SlackNotifier(TOKEN, "http://slack.invalid/api/", now=lambda: datetime.now(UTC))
    assert notifier.probe() == Delivery(Effect.NOT_SENT, "name_not_resolved")


def test_a_server_that_speaks_no_tls_surely_got_nothing(slack: SlackEmulator) -> None:
    notifier = SlackNotifier(TOKEN, slack.api_url.replace("http:", "https:"), now=lambda: datetime.now(UTC))
    assert notifier.probe().effect in {Effect.NOT_SENT, Effect.AMBIGUOUS}


def test_neither_logs_nor_outcomes_hold_the_token_even_at_debug(
    slack: SlackEmulator, notifier: SlackNotifier, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outcomes = [notifier.post(row_of(root(opened())), opened(), thread=None, detail=Detail.FULL), notifier.probe()]
    slack.fault(Fault("status", "auth.test", status=500, body=f"token {TOKEN}"))
    slack.fault(Fault("error", "auth.test", error=f"bad token {TOKEN}"))
    outcomes += [notifier.probe(), notifier.probe()]
    assert TOKEN not in f"{outcomes} {caplog.text} {vars(notifier)}"


def test_links_are_never_unfurled(slack: SlackEmulator, notifier: SlackNotifier) -> None:
    notifier.post(row_of(root(opened())), opened(), thread=None, detail=Detail.FULL)
    values = slack.log("chat.postMessage")[0].args
    assert (values["unfurl_links"], values["unfurl_media"]) == (False, False)


def test_every_verb_names_its_method() -> None:
    assert set(METHODS) == {"post", "update", "find", "delete", "look", "probe"}
