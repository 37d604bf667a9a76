"""Words in a card's thread that count as answers: acknowledge and confirm, nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from stopwatch.core.decision import Act
from stopwatch.core.inbox import Interaction, Way

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from stopwatch.core.decision import DecisionId

WORDS: Mapping[str, Act] = {"ack": Act.ACKNOWLEDGE, "acknowledge": Act.ACKNOWLEDGE, "confirm": Act.CONFIRM}
"""The whole message, in any case, with or without a full stop."""

_TS = re.compile(r"[0-9]{10}\.[0-9]{6}")
_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_KEPT = ("type", "user", "text", "ts", "thread_ts", "team")


def answers_in(
    messages: Iterable[Mapping[str, object]], decision: DecisionId, *, channel: str, thread: str, since: datetime
) -> Iterator[Interaction]:
    """Yield what people answered in *thread* later than *since*; messages of bots, edits and files do not count."""
    for message in messages:
        ts, user, text = message.get("ts"), message.get("user"), message.get("text")
        if not isinstance(ts, str) or not isinstance(user, str) or not isinstance(text, str):
            continue
        by_program = message.get("bot_id") or message.get("app_id") or message.get("subtype")
        if by_program or ts == thread or not _TS.fullmatch(ts) or not _USER.fullmatch(user):
            continue
        act = WORDS.get(text.strip().rstrip(".!").casefold())
        if act is None or float(ts) < since.timestamp():
            continue
        team = message.get("team")
        yield Interaction(
            key=f"word/{channel}/{ts}",
            way=Way.THREAD,
            act=act,
            user=user,
            decision=decision,
            team=team if isinstance(team, str) else None,
            origin={name: str(message[name]) for name in _KEPT if name in message},
        )


def newest(messages: Iterable[Mapping[str, object]], oldest: str) -> str:
    """Return the ts of the newest of *messages*, *oldest* if there is none."""
    stamps = [ts for message in messages if isinstance(ts := message.get("ts"), str) and _TS.fullmatch(ts)]
    return max([oldest, *stamps], key=float)
