"""The rules of a rollout held against one live Prometheus: what each can see of each site, and what to do about it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.checkup import Cell, Checkup, Finding, SourceState, Weight
from stopwatch.core.errors import BaselineUnresolvedError, QueryRejectedError, SourceError
from stopwatch.core.grid import Grid
from stopwatch.core.resolve import resolve
from stopwatch.core.sample import ABSENT, ANY_MISSING, LOW_VOLUME, Samples, classify
from stopwatch.watch.checkup.data import Probe, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.kpi import Kpi, KpiId, SiteId
    from stopwatch.core.rollout import RuleSet, Site
    from stopwatch.core.rule import ResolvedRule, Statistic, StopRule
    from stopwatch.watch.checkup.data import LiveSource

TRUSTED_SKEW = timedelta(seconds=5)
USUAL = 0.9
"""The usual volume is the one that so many of a week's moments stay below: a busy hour, not a quiet night."""
_MINUTES = Grid(timedelta(minutes=1))


def check_source(
    rule_set: RuleSet,
    source: LiveSource,
    *,
    now: datetime,
    baselines: Callable[[SiteId], Mapping[tuple[KpiId, Statistic], float]] = lambda _site: {},
) -> Checkup:
    """Hold everything that is read from *source* against it as it is at *now*, by each site's frozen *baselines*."""
    sites = [site for site in rule_set.plan.sites.values() if site.source == source.name]
    probe = Probe(source, {site.label: site.id for site in sites}, now)
    version, unreachable = _version(source)
    findings = _Findings()
    seen = [] if unreachable else [one for kpi in rule_set.kpis.values() for one in _queries(kpi, rule_set, probe)]
    if unreachable is not None or (seen and all(_unanswered(one) for _, _, one in seen)):
        failure = unreachable or next(one.failure for _, _, one in seen)
        hint = "check its address (STOPWATCH_PROMETHEUS_URL, or sources of the plan) and that it is up"
        findings.add(Finding("source-unreachable", Weight.ERROR, str(failure), hint, source=source.name))
        cells = tuple(
            Cell(site.id, rule.id, Weight.ERROR) for site in sites for rule in rule_set.rules.get(site.id, ())
        )
        return Checkup((SourceState(source.name, source.url, version, None),), cells, findings.worst_first)
    skew = next((one.skew for _, _, one in seen if one.skew is not None), None)
    _check_skew(source, skew, findings)
    for kpi, key, one in seen:
        _check_query(source, kpi, key, one, sites, findings)
    cells = tuple(
        _Judge(rule_set, probe, site, rule, findings, baselines(site.id)).cell()
        for site in sites
        for rule in rule_set.rules.get(site.id, ())
    )
    state = SourceState(source.name, source.url, version, skew)
    return Checkup((state,), cells, findings.worst_first).merged(Checkup())


class _Findings:
    """Findings so far; what concerns a KPI at a site is said once, whatever number of rules read it."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str, str], Finding] = {}

    def add(self, finding: Finding) -> Weight:
        self._found.setdefault((finding.code, finding.site, finding.kpi, finding.message), finding)
        return finding.weight

    @property
    def worst_first(self) -> tuple[Finding, ...]:
        return tuple(sorted(self._found.values(), key=lambda finding: finding.weight.rank))


def _version(source: LiveSource) -> tuple[str | None, SourceError | None]:
    """Return the version; a source that answers without telling it, as Thanos may, is reachable all the same."""
    try:
        return source.build_info(), None
    except SourceError as error:
        return None, error if error.reason in {"connection", "timeout", "protocol"} else None


def _queries(kpi: Kpi, rule_set: RuleSet, probe: Probe) -> Iterator[tuple[Kpi, str, Seen]]:
    """Read every expression of *kpi* at the newest slots of the rules that judge it."""
    rules = [rule for at_site in rule_set.rules.values() for rule in at_site]
    reading = [rule for rule in rules if any(criterion.kpi == kpi.id for criterion in rule.criteria)]
    grid = min((rule.grid for rule in reading), key=lambda grid: grid.step, default=_MINUTES)
    delay = max((rule.eval_delay for rule in reading), default=timedelta(minutes=1))
    for key in ("query", "volume", "failures", "attempts"):
        expression = getattr(kpi, key)
        if expression is not None:
            yield kpi, key, probe.window(expression, kpi.site_label, grid, eval_delay=delay, slots=1)


def _unanswered(seen: Seen) -> bool:
    return seen.failure is not None and seen.failure.reason in {"connection", "timeout", "protocol", "redirect"}


def _check_skew(source: LiveSource, skew: timedelta | None, findings: _Findings) -> None:
    if skew is not None and abs(skew) > TRUSTED_SKEW:
        side = "ahead of" if skew > timedelta(0) else "behind"
        message = f"source {source.name}: its clock is {abs(skew).total_seconds():.0f} s {side} ours"
        hint = "let both follow one time server (timedatectl, chronyc tracking)"
        findings.add(Finding("clock-skew", Weight.WARNING, message, hint, source=source.name))


def _check_query(
    source: LiveSource, kpi: Kpi, key: str, seen: Seen, sites: Sequence[Site], findings: _Findings
) -> None:
    """Say what is wrong with one expression as such, or with what it gives for some site."""
    if seen.failure is not None:
        refused = isinstance(seen.failure, QueryRejectedError)
        code = "query-refused" if refused else "query-failed"
        hint = "this Prometheus does not accept it: correct it in kpis.yaml" if refused else "try it on the source"
        message = f"{key} of {kpi.id}: {seen.failure}"
        findings.add(Finding(code, Weight.ERROR, message, hint, source=source.name, kpi=kpi.id))
        return
    for site in sites:
        if site.id in seen.most:
            message = f"{key} of {kpi.id} gives {seen.most[site.id]} series for one site"
            hint = f"aggregate: sum by ({kpi.site_label}) (…), or avg, max"
            findings.add(Finding("two-series", Weight.ERROR, message, hint, kpi=kpi.id, site=site.id))


@dataclass(slots=True)
class _Judge:
    """Judges one rule at one site."""

    rule_set: RuleSet
    probe: Probe
    site: Site
    rule: StopRule
    findings: _Findings
    baselines: Mapping[tuple[KpiId, Statistic], float]

    def cell(self) -> Cell:
        rule, cell = self.rule, Cell(self.site.id, self.rule.id, Weight.GOOD, wanted=self.rule.window.n)
        try:
            resolved = resolve(rule, self.rule_set.kpis, self.baselines)
        except (BaselineUnresolvedError, ValueError) as error:
            weight = self._tell(
                "baseline-unresolved",
                Weight.WARNING,
                str(error),
                f"stopwatch rollout baseline {self.site.id} --window 14d",
            )
            return replace(cell, weight=weight)
        windows = [self._window(kpi) for kpi in self._kpis()]
        if any(seen.failure is not None for pair in windows for seen in pair if seen is not None):
            return replace(cell, weight=Weight.ERROR)
        recent = self._classes(resolved, windows)
        pasts = [self._past(kpi) for kpi in self._kpis()]
        past = self._since_known(pasts, self._classes(resolved, pasts))
        most = max((seen.most.get(self.site.id, 1) for pair in windows for seen in pair if seen is not None), default=1)
        present = any(kind not in ABSENT for kind in recent)
        usual, least = self._volume(resolved, pasts)
        cell = replace(
            cell,
            series=most if present else 0,
            now=recent[-1] not in ANY_MISSING,
            got=sum(kind not in ANY_MISSING for kind in recent),
            wanted=len(recent),
            missing=_share(past, ABSENT),
            low=_share(past, LOW_VOLUME),
            usual=usual,
            least=least,
        )
        weights = [Weight.GOOD, *self._weights(cell, recent)]
        return replace(cell, weight=min(weights, key=lambda weight: weight.rank))

    def _kpis(self) -> list[Kpi]:
        return [self.rule_set.kpis[criterion.kpi] for criterion in self.rule.criteria]

    def _window(self, kpi: Kpi) -> tuple[Seen, Seen | None]:
        def read(expression: str) -> Seen:
            slots, delay = self.rule.window.n, self.rule.eval_delay
            return self.probe.window(expression, kpi.site_label, self.rule.grid, eval_delay=delay, slots=slots)

        return read(kpi.query), read(kpi.volume) if kpi.volume is not None else None

    def _past(self, kpi: Kpi) -> tuple[Seen, Seen | None]:
        def read(expression: str) -> Seen:
            return self.probe.past(expression, kpi.site_label, self.rule.grid)

        return read(kpi.query), read(kpi.volume) if kpi.volume is not None else None

    def _classes(self, resolved: ResolvedRule, pairs: Sequence[tuple[Seen, Seen | None]]) -> bytes:
        slots = pairs[0][0].slots
        gap = [math.nan] * len(slots)
        samples = [
            Samples(
                value.values.get(self.site.id, gap),
                volume.values.get(self.site.id, gap) if volume is not None else None,
            )
            for value, volume in pairs
        ]
        return classify(resolved, slots.first, samples).classes

    def _since_known(self, pairs: Sequence[tuple[Seen, Seen | None]], classes: bytes) -> bytes:
        """Cut what lies before go-live, or before the site's first data where it has no past go-live."""
        slots = pairs[0][0].slots
        live = self.site.go_live
        if live is not None and live <= self.probe.now:
            return classes[max(0, slots.grid.at_or_after(live) - slots.first) :]
        first = next((place for place, kind in enumerate(classes) if kind not in ABSENT), len(classes))
        return classes[first:]

    def _volume(
        self, resolved: ResolvedRule, pairs: Sequence[tuple[Seen, Seen | None]]
    ) -> tuple[float | None, float | None]:
        """Return usual volume and least volume of the condition whose guard is hardest to meet."""
        found = []
        for limit, (_, seen) in zip(resolved.limits, pairs, strict=True):
            if limit.volume_min is None or seen is None:
                continue
            known = sorted(one for one in seen.values.get(self.site.id, ()) if not math.isnan(one))
            usual = known[min(len(known) - 1, int(USUAL * len(known)))] if known else None
            found.append((usual, limit.volume_min))
        return min(found, key=lambda pair: (pair[0] or 0.0) / (pair[1] or 1.0), default=(None, None))

    def _weights(self, cell: Cell, recent: bytes) -> Iterator[Weight]:
        """Say everything that is wrong with *cell*, and yield how grave it is."""
        label = f"label {self._kpis()[0].site_label}={self.site.label!r}"
        grave = self._grave()
        if cell.series is not None and cell.series > 1:
            yield Weight.ERROR
        if cell.missing in {None, 1.0} and not cell.series:
            hint = f"check the site's label in rollout.yaml ({label}) and that its metrics are scraped"
            yield self._tell("no-series", grave, "there is no data at all, now or in the past week", hint)
            return
        if recent[-1] in ABSENT:
            hint = f"see whether the site ({label}) is still scraped, or raise eval_delay if its data come late"
            yield self._tell("no-data-now", grave, "the newest slot has no data", hint)
        elif sum(kind not in ABSENT for kind in recent) / len(recent) < self.rule.window.min_coverage:
            hint = "look for gaps in scraping; until then the rule says no_data instead of judging"
            message = f"only {cell.got} of the {cell.wanted} slots of the last window have data"
            yield self._tell("window-thin", Weight.WARNING, message, hint)
        if cell.missing is not None and 1 - cell.missing < self.rule.window.min_coverage:
            hint = "mend scraping or the query before trusting the rule"
            message = f"{cell.missing:.0%} of the slots of the past week have no data"
            yield self._tell("often-missing", Weight.WARNING, message, hint)
        if cell.least is not None and cell.usual is not None and cell.usual < cell.least:
            hint = "lower volume.min for this site, lengthen the query's range, or make the KPI not required"
            message = (
                f"the volume is usually {cell.usual:g} or less, the guard demands {cell.least:g}: the rule is blind"
            )
            yield self._tell("blind", grave, message, hint, by_rule=True)

    def _grave(self) -> Weight:
        """An error if the site is live and must be seen; before go-live it is a thing to do until then."""
        live = self.site.go_live is not None and self.site.go_live <= self.probe.now
        required = any(kpi.required for kpi in self._kpis())
        return Weight.ERROR if live and required else Weight.WARNING

    def _tell(self, code: str, weight: Weight, message: str, hint: str, *, by_rule: bool = False) -> Weight:
        kpi = " & ".join(dict.fromkeys(kpi.id for kpi in self._kpis()))
        words = f"rule {self.rule.id}: {message}" if by_rule else f"{kpi}: {message}"
        return self.findings.add(Finding(code, weight, words, hint, kpi=kpi, site=self.site.id, rule=self.rule.id))


def _share(classes: bytes, kinds: bytes) -> float | None:
    return sum(kind in kinds for kind in classes) / len(classes) if classes else None
