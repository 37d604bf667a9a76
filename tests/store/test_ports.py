"""The store fits what the work and the delivery need of it; mypy checks the assignments."""

from stopwatch.store.sql import SqlStore
from stopwatch.watch.delivery.mail import Outbox
from stopwatch.watch.ports import Store, Writer


def test_the_store_is_both_the_records_and_the_outbox(store: SqlStore) -> None:
    records: Store = store
    outbox: Outbox = store
    with records.writing() as opened:
        writer: Writer = opened
        assert writer.audit_head()
    assert outbox.rows() == []
