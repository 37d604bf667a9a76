"""History is exact OpenMetrics, loads into a TSDB, and ends where the live model goes on."""

import subprocess
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from stopwatch.demo.prometheus import PrometheusStartError, create_blocks
from stopwatch.demo.sites.estate import Estate
from stopwatch.demo.sites.history import write_history
from stopwatch.demo.sites.ledger import METRICS, ORDERS

pytestmark = pytest.mark.slow

START = 1_795_000_000.0
TARGET = {"job": "warehouses", "instance": 'a "quoted" \\ name'}


def _history(folder: Path, *, seconds: float = 60, resolution: float = 5) -> tuple[Estate, Path, int]:
    estate, path = Estate(start=START, seed=3), folder / "history.om"
    written = write_history(estate, path, until=START + seconds, resolution_seconds=resolution, target_labels=TARGET)
    return estate, path, written


def _samples(path: Path) -> list[Sample]:
    """
    Read the file strictly, one instant at a time.

    prometheus-client's parser takes the second instant of a histogram for a repetition of the first and drops it.
    """
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    samples: list[Sample] = []
    for stamp in sorted({line.rsplit(" ", 1)[1] for line in lines if not line.startswith("#")}):
        instant = "".join(line for line in lines if line.startswith("#") or line.endswith(f" {stamp}"))
        families = list(text_string_to_metric_families(instant))  # type: ignore[no-untyped-call] # it carries no hints
        assert [family.name for family in families] == [metric.name for metric in METRICS]
        samples.extend(sample for family in families for sample in family.samples)
    return samples


def test_a_strict_parser_reads_every_sample_with_its_time_and_target(tmp_path: Path) -> None:
    _, path, written = _history(tmp_path)
    samples = _samples(path)
    assert len(samples) == written
    assert {float(str(sample.timestamp)) for sample in samples} == {START + 5 * step for step in range(1, 13)}
    assert all(sample.labels["job"] == "warehouses" for sample in samples)
    assert all(sample.labels["instance"] == TARGET["instance"] for sample in samples)


def test_the_last_sample_is_what_the_live_model_goes_on_from(tmp_path: Path) -> None:
    estate, path, _ = _history(tmp_path)
    last = {
        sample.labels["site"]: sample.value
        for sample in _samples(path)
        if sample.name == f"{ORDERS.name}_total" and float(str(sample.timestamp)) == START + 60
    }
    assert last == {warehouse.site.label: warehouse.ledger.total(ORDERS) for warehouse in estate.warehouses}
    assert estate.now == START + 60


def test_an_end_between_two_samples_is_lived_through_but_not_written(tmp_path: Path) -> None:
    estate, path, _ = _history(tmp_path, seconds=12)
    assert {float(str(sample.timestamp)) for sample in _samples(path)} == {START + 5, START + 10}
    assert estate.now == START + 12


def test_progress_is_told_in_order_up_to_the_end_and_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    told: list[float] = []
    estate, path = Estate(start=START, seed=3), tmp_path / "history.om"
    write_history(estate, path, until=START + 300, resolution_seconds=1, target_labels=TARGET, progress=told.append)
    assert told == sorted(told)
    assert (len(told), told[-1]) == (100, 1.0)
    assert list(tmp_path.iterdir()) == [path]


def test_promtool_turns_it_into_blocks(tmp_path: Path) -> None:
    _, path, written = _history(tmp_path, seconds=3 * 3600, resolution=60)
    create_blocks(path, tmp_path / "data")
    listed = subprocess.run(
        ["promtool", "tsdb", "list", str(tmp_path / "data")], capture_output=True, text=True, check=True
    )
    blocks = [line.split() for line in listed.stdout.splitlines()[1:]]
    assert len(blocks) >= 2
    assert sum(int(block[4]) for block in blocks) == written


def test_what_promtool_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    broken = tmp_path / "broken.om"
    broken.write_text("this is no OpenMetrics\n", encoding="utf-8")
    with pytest.raises(PrometheusStartError, match=r"promtool refused .*broken\.om"):
        create_blocks(broken, tmp_path / "data")
