"""The metrics page reads back as true counters and classic histograms."""

from prometheus_client.parser import text_string_to_metric_families

from stopwatch.demo.sites.estate import Estate
from stopwatch.demo.sites.exposition import exposition
from stopwatch.demo.sites.faults import Fault, FaultKind
from stopwatch.demo.sites.ledger import METRICS, ORDERS
from stopwatch.demo.sites.plan import SITES


def test_every_family_has_its_type_and_every_sample_its_site() -> None:
    estate = Estate(start=1_795_000_000.0, seed=1)
    estate.advance(estate.now + 30)
    families = {
        family.name: family for family in text_string_to_metric_families(exposition(estate.exporting()).decode())
    }
    assert {name: family.type for name, family in families.items()} == {
        metric.name: "histogram" if metric.bounds else "counter" for metric in METRICS
    }
    labels = {sample.labels["site"] for family in families.values() for sample in family.samples}
    assert labels == {site.label for site in SITES}
    assert not any(sample.name.endswith("_created") for family in families.values() for sample in family.samples)


def test_buckets_add_up_to_the_count() -> None:
    estate = Estate(start=1_795_000_000.0, seed=1)
    estate.advance(estate.now + 30)
    page = exposition(estate.exporting()).decode()
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    ship = [sample for sample in samples if sample.labels["site"] == "HAM" and "order_to_ship" in sample.name]
    buckets = [sample.value for sample in ship if sample.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == next(sample.value for sample in ship if sample.name.endswith("_count"))


def test_a_silent_site_is_missing_from_the_page() -> None:
    estate = Estate(start=1_795_000_000.0, seed=1)
    estate.advance(estate.now + 5)
    estate.faults.inject(Fault("ham-01", FaultKind.SILENT, 1.0))
    page = exposition(estate.exporting()).decode()
    assert 'site="HAM"' not in page
    assert f'{ORDERS.name}_total{{site="LDZ"}}' in page
