"""One test of a test file: its shape, its series by site, and expectations that its rules and slots can meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.config.duration import spell_duration
from stopwatch.config.node import Fields, at
from stopwatch.config.series import MOST_VALUES, Value, read_values
from stopwatch.config.trial_inputs import check_queries, placed, read_input_series, sites_seen
from stopwatch.config.trial_model import TrialModel
from stopwatch.config.trial_values import Entry, Expectation, Inputs, SiteTrial, Trial, slots_of
from stopwatch.config.validate import nearest_hint, shown, validated
from stopwatch.core.errors import BaselineUnresolvedError
from stopwatch.core.kpi import KpiId, PhaseId, RuleId, SiteId
from stopwatch.core.resolve import resolve
from stopwatch.core.rule import Statistic

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.node import Node
    from stopwatch.config.source import Place
    from stopwatch.config.trial_model import EntryModel, ExpectModel
    from stopwatch.config.trial_rules import TrialRules
    from stopwatch.core.rule import StopRule

MOST_CELLS = 2_000_000
"""Slots of all rules and sites of one test; more was not written by a person."""
_CHECKS = ("state", "since", "reason")
_SERIES_KEYS = ("kpi", "volume", "site")


@dataclass(slots=True)
class _Site:
    """The series of one site as written, failed evaluations (None) still inside, by KPI."""

    values: dict[KpiId, list[Value]] = field(default_factory=dict)
    volumes: dict[KpiId, list[Value]] = field(default_factory=dict)
    rules: dict[str, StopRule] = field(default_factory=dict)

    def failed(self) -> set[int]:
        """Return the positions at which any series has a failed evaluation."""
        every = [*self.values.values(), *self.volumes.values()]
        return {position for series in every for position, value in enumerate(series) if value is None}

    def length(self) -> int:
        """Return how many slots are left without the failed evaluations."""
        return max(map(len, (*self.values.values(), *self.volumes.values())), default=0) - len(self.failed())

    def failures(self) -> tuple[int, ...]:
        """Return how many failed evaluations lie just before each slot, and after the last one."""
        counts = [0] * (self.length() + 1)
        for taken, position in enumerate(sorted(self.failed())):
            counts[position - taken] += 1
        return tuple(counts)


class TrialReader:
    """Reads one test; complaints go to *found*, rules None means that they have complaints of their own."""

    def __init__(self, node: Node, number: int, rules: TrialRules | None, found: Complaints) -> None:
        """Read the test *node*, the file's test *number* (from 1)."""
        self._node = node
        self._number = number
        self._rules = rules
        self._found = found
        self._sites: dict[SiteId, _Site] = {}
        self._length = 0
        self._inputs: Inputs | None = None
        self._doubtful = False

    def read(self) -> Trial | None:
        """Return the test; None, with reasons among the complaints, if it cannot be run."""
        before = self._found.error_count
        model = validated(TrialModel, self._node, self._found)
        if model is None or self._rules is None:
            self._read_series_alone()
            return None
        self._read_series(model, self._rules)
        raw = read_input_series(model, self._node, self._found)
        named = [*(model.expect or ()), *(model.opens or ()), *(model.closes or ())]
        for one in named:
            self._sites.setdefault(SiteId(one.site), _Site())
        for seen in sites_seen(raw, self._rules, self._sites, self._found):
            self._sites[seen] = _Site()
        self._check_phases(model, self._rules)
        for site, told in self._sites.items():
            phase = PhaseId((model.phases or {})[site]) if site in (model.phases or {}) else self._rules.phase(site)
            told.rules = {rule.id: rule for rule in self._rules.at(site, phase, self._found)}
        self._length = max((told.length() for told in self._sites.values()), default=0)
        if model.input_series is not None:
            here = {site: told.rules.values() for site, told in self._sites.items()}
            self._inputs = placed(raw, model, self._node, self._rules, here, self._found)
            for site, told in self._sites.items():
                given = {*told.values, *told.volumes}
                check_queries(self._rules, site, told.rules.values(), given, self._found, self._node)
        self._check_size()
        self._doubtful = self._found.error_count > before
        trial = self._trial(model, self._rules)
        return trial if self._found.error_count == before else None

    def _trial(self, model: TrialModel, rules: TrialRules) -> Trial:
        expect = [self._expectation(one, index, rules) for index, one in enumerate(model.expect or ())]
        opens, closes = self._entries(model.opens, "opens", rules), self._entries(model.closes, "closes", rules)
        return Trial(
            name=model.name or f"test {self._number}",
            line=self._node.place.line,
            length=self._length,
            activated=model.activated or timedelta(0),
            sites=tuple(self._site(site, told, model, rules) for site, told in self._sites.items()),
            expect=tuple(one for one in expect if one is not None),
            opens=opens,
            closes=closes,
            inputs=self._inputs,
        )

    def _read_series_alone(self) -> None:
        """Complain about the series of a test that cannot be run anyway, so that all mistakes are told at once."""
        listed = [at(self._node, (key,)) for key in ("series", "input_series")]
        for item in (item for series in listed for item in getattr(series, "items", ())):
            values = item.get("values") if isinstance(item, Fields) else None
            if values is not None:
                read_values(values, self._found)

    def _read_series(self, model: TrialModel, rules: TrialRules) -> None:
        lines: dict[tuple[str, str, bool], int] = {}
        for index, one in enumerate(model.series or ()):
            values = read_values(at(self._node, ("series", index, "values")), self._found)
            place = self._place("series", index, "kpi")
            if one.kpi not in rules.read:
                hint = nearest_hint(one.kpi, rules.read) or f"the rules read: {', '.join(sorted(rules.read)) or 'none'}"
                self._found.add(place.complaint("unread-kpi", f"no rule reads the KPI {shown(one.kpi)}", hint))
            line = lines.setdefault((one.site, one.kpi, one.volume), place.line)
            told = self._sites.setdefault(SiteId(one.site), _Site())
            series = told.volumes if one.volume else told.values
            if KpiId(one.kpi) in series:
                what = f"{'the volume of ' if one.volume else ''}{one.kpi} at {one.site}"
                message = f"a series of {what} was given before, in line {line}"
                self._found.add(place.complaint("duplicate-series", message, "keep one of the two"))
                continue
            series[KpiId(one.kpi)] = values

    def _check_phases(self, model: TrialModel, rules: TrialRules) -> None:
        planned = None if rules.plan is None else [phase.id for phase in rules.plan.phases]
        for site, phase in (model.phases or {}).items():
            if planned is not None and phase not in planned:
                hint = nearest_hint(phase, planned) or f"the plan has: {', '.join(planned)}"
                message = f"the plan has no phase {shown(phase)}"
                self._found.add(self._place("phases", site).complaint("unknown-phase", message, hint))
        for site, numbers in (model.baseline or {}).items():
            for kpi in numbers:
                if kpi not in rules.read:
                    hint = nearest_hint(kpi, rules.read) or f"the rules read: {', '.join(sorted(rules.read)) or 'none'}"
                    place = self._key("baseline", site, kpi)
                    self._found.add(place.complaint("unread-kpi", f"no rule reads the KPI {shown(kpi)}", hint))

    def _check_size(self) -> None:
        steps = [rule.step for told in self._sites.values() for rule in told.rules.values()]
        cells = sum(self._slots(step) for step in steps) + self._length * sum(
            not told.rules for told in self._sites.values()
        )
        if cells > MOST_CELLS:
            message = f"{cells} slots of rules at sites; at most {MOST_CELLS} are tested at once"
            self._found.add(self._place().complaint("test-too-large", message, f"a series holds at most {MOST_VALUES}"))

    def _site(self, site: SiteId, told: _Site, model: TrialModel, rules: TrialRules) -> SiteTrial:
        failed = told.failed()

        def kept(series: dict[KpiId, list[Value]]) -> dict[KpiId, tuple[float, ...]]:
            return {
                kpi: tuple(
                    value for position, value in enumerate(values) if value is not None and position not in failed
                )
                for kpi, values in series.items()
            }

        numbers = (model.baseline or {}).get(site, {})
        baselines = {
            (KpiId(kpi), statistic): float(number) for kpi, number in numbers.items() for statistic in Statistic
        }
        for rule in told.rules.values():
            try:
                resolve(rule, rules.kpis, baselines)
            except BaselineUnresolvedError:
                continue
            except ValueError as error:
                hint = "correct the baseline, or give a fixed minimum volume"
                self._found.add(self._place("baseline", site).complaint("auto-volume", str(error), hint))
        rules_here = tuple(told.rules.values())
        return SiteTrial(site, rules_here, kept(told.values), kept(told.volumes), told.failures(), baselines)

    def _expectation(self, one: ExpectModel, index: int, rules: TrialRules) -> Expectation | None:
        checks = frozenset(one.model_fields_set & set(_CHECKS))
        if not checks:
            message = "nothing is expected here"
            hint = "add state: …, since: … or reason: …"
            self._found.add(self._place("expect", index, "site").complaint("nothing-expected", message, hint))
        slot = self._slot(one, ("expect", index), rules)
        if slot is None:
            return None
        line = self._place("expect", index).line
        site, rule = SiteId(one.site), RuleId(one.rule)
        return Expectation(site, rule, one.at, slot, line, checks, one.state, one.since, one.reason)

    def _entries(self, listed: list[EntryModel] | None, key: str, rules: TrialRules) -> tuple[Entry, ...] | None:
        if listed is None:
            return None
        entries = []
        for index, one in enumerate(listed):
            slot = self._slot(one, (key, index), rules)
            if slot is not None:
                line = self._place(key, index).line
                entries.append(Entry(SiteId(one.site), RuleId(one.rule), one.at, slot, line))
        return tuple(entries)

    def _slot(self, one: ExpectModel | EntryModel, path: tuple[str | int, ...], rules: TrialRules) -> int | None:
        """Return the slot that *one* speaks of, None after a complaint."""
        rule = self._sites[SiteId(one.site)].rules.get(one.rule)
        if rule is None:
            place = self._place(*path, "rule")
            if one.rule in rules.ids:
                message = f"the rule {shown(one.rule)} does not apply at {one.site}: it names other phases"
                hint = f"say which phase the site is in: phases: {{{one.site}: …}}"
                self._found.add(place.complaint("rule-elsewhere", message, hint))
            else:
                hint = nearest_hint(one.rule, rules.ids) or f"the rules: {', '.join(sorted(rules.ids)) or 'none'}"
                self._found.add(place.complaint("unknown-rule", f"no rule has the id {shown(one.rule)}", hint))
            return None
        place = self._place(*path, "at")
        slot, rest = divmod(one.at, rule.step)
        if rest:
            message = (
                f"{spell_duration(one.at)} is no slot of {rule.id}, which has one every {spell_duration(rule.step)}"
            )
            self._found.add(place.complaint("off-grid", message, "counted from slot 0, in whole steps of the rule"))
            return None
        length = self._slots(rule.step)
        if slot >= length and not self._doubtful:
            last = spell_duration((length - 1) * rule.step) if length else "none, there are no values"
            message = f"{spell_duration(one.at)} lies beyond the last slot of the test"
            hint = f"the last slot of {rule.id} is {last}; failed evaluations (E) are no slots"
            self._found.add(place.complaint("beyond-end", message, hint))
            return None
        return slot

    def _slots(self, step: timedelta) -> int:
        return slots_of(self._length, self._inputs, step)

    def _place(self, *path: str | int) -> Place:
        return at(self._node, path).place

    def _key(self, *path: str | int) -> Place:
        parent = at(self._node, path[:-1])
        entry = parent.entries.get(str(path[-1])) if isinstance(parent, Fields) else None
        return parent.place if entry is None else entry.key
