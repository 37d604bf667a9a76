"""The raw series of a test, over which a real Prometheus runs the queries of its KPIs: read, and put to sites."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.config.duration import spell_duration
from stopwatch.config.node import Scalar, at
from stopwatch.config.series import SeriesError, read_values
from stopwatch.config.series_name import parse_series_name
from stopwatch.config.trial_values import Inputs, InputSeries
from stopwatch.config.validate import nearest_hint, shown
from stopwatch.core.kpi import KpiId, SiteId

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from stopwatch.config.complaint import Complaints
    from stopwatch.config.node import Node
    from stopwatch.config.source import Place
    from stopwatch.config.trial_model import TrialModel
    from stopwatch.config.trial_rules import TrialRules
    from stopwatch.core.rule import StopRule

LONGEST = timedelta(days=7)
"""Raw series may span so much time: a TSDB keeps it in blocks of two hours, each of which is written by itself."""
MOST_SAMPLES = 500_000
"""Samples of all raw series of one test."""
_STEP = timedelta(seconds=60)


def read_input_series(model: TrialModel, node: Node, found: Complaints) -> tuple[InputSeries, ...]:
    """Return the raw series of the test *node*; those that are unusable are left out, with reasons in *found*."""
    series: dict[tuple[tuple[str, str], ...], InputSeries] = {}
    for index, one in enumerate(model.input_series or ()):
        named = at(node, ("input_series", index, "series"))
        told = at(node, ("input_series", index, "values"))
        values = read_values(told, found)
        if None in values:
            hint = "give the KPI by series:, where E may stand"
            found.add(told.place.complaint("bad-series", "E is no value that Prometheus could hold", hint))
        try:
            labels = parse_series_name(one.series)
        except SeriesError as error:
            exact = isinstance(named, Scalar) and isinstance(named.value, str)
            place = named.within(error.offset, error.length) if exact and isinstance(named, Scalar) else named.place
            hint = 'write it as promtool does: orders_total{site="HAM"}'
            found.add(place.complaint("bad-series-name", str(error), hint))
            continue
        key = tuple(sorted(labels.items()))
        if key in series:
            message = f"this series was given before, in line {series[key].place.line}"
            found.add(named.place.complaint("duplicate-series", message, "keep one of the two"))
            continue
        kept = tuple(math.nan if value is None else value for value in values)
        series[key] = InputSeries(labels, kept, named.place)
    if model.interval is not None and model.input_series is None:
        message = "interval is the time between the values of input_series, and there are none"
        found.add(at(node, ("interval",)).place.complaint("interval-alone", message, "leave it out"))
    return tuple(series.values())


def sites_seen(
    series: Sequence[InputSeries], rules: TrialRules, named: Collection[SiteId], found: Complaints
) -> list[SiteId]:
    """Return the sites that *series* belong to by their site labels; *named* are those that the test names itself."""
    site_labels = {kpi.site_label for kpi in rules.kpis.values() if kpi.id in rules.read}
    planned = {} if rules.plan is None else {site: plan.label for site, plan in rules.plan.sites.items()}
    sites: dict[SiteId, None] = {}
    for one in series:
        values = [one.labels[name] for name in sorted(site_labels & set(one.labels))]
        known = [site for site in (*named, *planned) if planned.get(site, site) in values]
        if not known and rules.plan is None:
            known = [SiteId(value) for value in values]
        elif values and not known:
            message = f"no site of the plan has the label {shown(values[0])}"
            hint = nearest_hint(values[0], planned.values()) or "a site's label is its value of the site label"
            found.add(one.place.complaint("unknown-label", message, hint))
        named_here = [site for site in known if site in named]
        sites.update(dict.fromkeys(named_here or known))
    return [site for site in sites if site not in named]


def placed(
    series: tuple[InputSeries, ...],
    model: TrialModel,
    node: Node,
    rules: TrialRules,
    at_sites: Mapping[SiteId, Collection[StopRule]],
    found: Complaints,
) -> Inputs:
    """Return the raw *series* with their interval and the labels of the sites of the test."""
    place = at(node, ("input_series",)).place
    steps = [rule.step for listed in at_sites.values() for rule in listed]
    inputs = Inputs(series, model.interval or min(steps, default=_STEP), _labels(rules, at_sites, found, place), place)
    if not at_sites and not found.errors:
        message = "no raw series has a site label, and the test names no site"
        found.add(place.complaint("no-site", message, "see the site_label of the KPIs; without one it is site"))
    if inputs.span > LONGEST:
        message = f"raw series over {spell_duration(inputs.span)}; at most {spell_duration(LONGEST)} are tested"
        found.add(place.complaint("test-too-large", message, "shorten them, or the interval"))
    samples = sum(len(one.values) for one in series)
    if samples > MOST_SAMPLES:
        message = f"{samples} samples of raw series; at most {MOST_SAMPLES} are tested at once"
        found.add(place.complaint("test-too-large", message, "shorten them"))
    return inputs


def check_queries(
    rules: TrialRules,
    site: SiteId,
    listed: Collection[StopRule],
    given: Collection[KpiId],
    found: Complaints,
    node: Node,
) -> None:
    """Complain about KPIs at *site* that are neither *given* by values nor have a query that could be run."""
    place = at(node, ("input_series",)).place
    for criterion in (one for rule in listed for one in rule.criteria if one.kpi not in given):
        kpi = rules.kpis.get(criterion.kpi)
        absent = "query" if kpi is None or not kpi.query else "volume"
        if kpi is not None and kpi.query and (criterion.volume is None or kpi.volume):
            continue
        message = f"the KPI {criterion.kpi} has no {absent} to run, and at {site} no series"
        found.add(place.complaint("no-query", message, f"give kpis: [{{id: {criterion.kpi}, {absent}: …}}]"))


def _labels(rules: TrialRules, sites: Collection[SiteId], found: Complaints, place: Place) -> dict[str, SiteId]:
    labels: dict[str, SiteId] = {}
    for site in sites:
        planned = None if rules.plan is None else rules.plan.sites.get(site)
        label = site if planned is None else planned.label
        if labels.setdefault(label, site) != site:
            message = f"the label {shown(label)} stands for {labels[label]} and for {site}"
            hint = "test them apart: each is read from a Prometheus of its own"
            found.add(place.complaint("ambiguous-label", message, hint))
    return labels
