"""Phases, change record and calendar of rollout.yaml turned into the core's values."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from stopwatch.config.calendar_model import WEEKDAYS
from stopwatch.config.duration import parse_duration
from stopwatch.config.phase_model import ReadinessModel
from stopwatch.core.change import ChangeRecord, Notice
from stopwatch.core.freeze import EVERY_DAY, Freeze
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.phase import AutomaticItem, ExitPlan, Phase, ReadinessItem, WatchWindow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stopwatch.config.calendar_model import FreezeModel
    from stopwatch.config.change_model import ChangeModel
    from stopwatch.config.phase_model import ExitModel, PhaseModel, WatchModel

GO_LIVE = "go-live"
_LONGEST_ID = 63
_DAY = timedelta(days=1)
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "đ": "d"})


def phase_of(read: PhaseModel, exit_plan: ExitModel, watch: Sequence[WatchModel]) -> Phase:
    """Return the phase, with the *exit_plan* and the monitoring windows of the top level where it has none."""
    items = tuple(map(item_of, read.readiness))
    automatic = tuple(AutomaticItem) if read.automatic is None and items else tuple(read.automatic or ())
    given = exit_plan.model_dump() | (read.exit.model_dump(exclude_unset=True) if read.exit is not None else {})
    return Phase(
        id=PhaseId(read.id),
        sites=tuple(map(SiteId, read.sites)),
        observation=read.observation,
        readiness=items,
        automatic=automatic,
        exit=ExitPlan(**{**given, "sign_offs": tuple(given["sign_offs"])}),
        watch=tuple(map(window_of, watch if read.watch is None else read.watch)),
    )


def item_of(read: str | ReadinessModel) -> ReadinessItem:
    """Return the item of the checklist; one without an id is named by its text."""
    if isinstance(read, str):
        return ReadinessItem(id_of(read), read)
    return ReadinessItem(read.id or id_of(read.text), read.text, read.owner, read.expires)


def id_of(text: str) -> str:
    """Make an id of a text: ``Rollback plan validated`` is ``rollback-plan-validated``."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_ID].rstrip("-") or "item"


def window_of(read: WatchModel) -> WatchWindow:
    """Return the monitoring window; what is no time stays words."""
    begins = read.from_.strip()
    window = WatchWindow(begins, read.for_, read.who)
    later = begins.removeprefix(GO_LIVE).lstrip(" +")
    try:
        after = parse_duration(later) if later else timedelta(0)
    except ValueError:
        return _at_a_time(window)
    return WatchWindow(begins, read.for_, read.who, after=after)


def _at_a_time(window: WatchWindow) -> WatchWindow:
    if re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", window.begins):
        daily = time.fromisoformat(window.begins.zfill(5))
        return WatchWindow(window.begins, window.lasts, window.who, daily=daily)
    try:
        at = datetime.fromisoformat(window.begins)
    except ValueError:
        return window
    return WatchWindow(window.begins, window.lasts, window.who, at=at.astimezone(UTC)) if at.tzinfo else window


def freeze_of(read: FreezeModel) -> Freeze:
    """Return the freeze window; a last day is included whole."""
    return Freeze(
        name=read.name,
        start=_moment(read.from_, last=False),
        end=_moment(read.until, last=True),
        daily=None if read.daily is None else (read.daily.from_, read.daily.until),
        days=EVERY_DAY if read.days is None else frozenset(map(WEEKDAYS.index, read.days)),
        sites=tuple(map(SiteId, read.sites)),
    )


def _moment(read: date | None, *, last: bool) -> datetime | None:
    if read is None or isinstance(read, datetime):
        return read
    return datetime.combine(read, time(0)) + (_DAY if last else timedelta(0))  # local: the site's zone is added later


def change_of(read: ChangeModel, written: Mapping[str, object]) -> ChangeRecord:
    """Return the change record; *written* is the mapping as it stands in the file."""
    notices = [
        Notice(each) if isinstance(each, str) else Notice(each.what, each.who or "", each.when or "")
        for each in read.communication
    ]
    return ChangeRecord(
        type=read.type,
        what=read.what,
        why=read.why,
        risk=read.risk,
        version=read.version,
        initiator=read.initiator,
        scope_in=tuple(read.scope.in_),
        scope_out=tuple(read.scope.out),
        integrations=tuple(read.integrations),
        customers=tuple(read.customers),
        communication=tuple(notices),
        cutover=read.cutover,
        written=written,
    )
