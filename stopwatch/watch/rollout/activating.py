"""Go-lives: the plan activates a site by itself where no readiness items are demanded; what is stored wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.grid import rfc3339
from stopwatch.core.ledger import EntryKind, entry
from stopwatch.core.opening import DAEMON
from stopwatch.core.records import Activation
from stopwatch.watch.noting import record_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.rollout import Plan, RuleSet
    from stopwatch.watch.ports import Store, Writer

HASH_SHOWN = 12
"""How many characters of the plan's hash name it as an actor."""


@dataclass(frozen=True, slots=True)
class GoLives:
    """
    The newest activation of every site, with those that the plan makes now.

    *fresh* are the latter, which are still to be recorded; *warnings* name sites whose plan was edited afterwards.
    """

    activations: Mapping[SiteId, Activation]
    fresh: tuple[Activation, ...] = ()
    warnings: tuple[str, ...] = ()


def planned_go_lives(known: Mapping[SiteId, Activation], rule_set: RuleSet, now: datetime) -> GoLives:
    """Return who is live at *now*, of whom are *known* to be recorded; nothing is written."""
    plan = rule_set.plan
    fresh = {
        site.id: Activation(
            plan.rollout, site.id, site.go_live, f"plan:{rule_set.revision[:HASH_SHOWN]}", now, plan.change.version
        )
        for site in plan.sites.values()
        if site.id not in known and site.go_live is not None and site.go_live <= now and plan.by_itself(site.id)
    }
    warnings = tuple(
        f"{site} went live at {rfc3339(activation.at)} and stays so; the plan now says {rfc3339(planned)}"
        for site, activation in known.items()
        if site in plan.sites and (planned := plan.sites[site].go_live) is not None and planned != activation.at
    )
    return GoLives({**known, **fresh}, tuple(fresh.values()), warnings)


def record_go_lives(tx: Writer, rollout: str, fresh: Iterable[Activation]) -> None:
    """Record go-lives of the plan, but for sites that somebody activated meanwhile; the next look finds those."""
    known = tx.activations(rollout)
    for activation in fresh:
        if activation.site not in known:
            tx.save_activation(activation)
            body: dict[str, object] = {"version": activation.version, "at": rfc3339(activation.at)}
            made = entry(
                rollout,
                EntryKind.ACTIVATION,
                activation.site,
                body=body,
                actor=activation.actor,
                at=activation.recorded_at,
            )
            record_in(tx, made, transport=DAEMON, act="rollout.activate")


def next_go_live(plan: Plan, activated: Mapping[SiteId, Activation], now: datetime) -> datetime | None:
    """Return when the plan activates a further site by itself, if it does."""
    planned = [
        site.go_live
        for site in plan.sites.values()
        if site.go_live is not None and site.go_live > now and site.id not in activated and plan.by_itself(site.id)
    ]
    return min(planned, default=None)


def went_live(
    store: Store, plan: Plan, known: Mapping[SiteId, Activation], planned: datetime | None, now: datetime
) -> bool:
    """
    Tell whether the plan activates a site now (*planned* has come), or activations are recorded that are not *known*.

    Raises:
        StoreError: The records could not be read.

    """
    if planned is not None and now >= planned:
        return True
    with store.reading() as view:
        return view.activations(plan.rollout) != known
