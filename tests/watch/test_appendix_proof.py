"""An appendix is held against its hash and its bundle: what was made up, spoilt or lost is named."""

from __future__ import annotations

import pytest

from stopwatch.core.appendix import APPENDED
from stopwatch.core.audit import canonical_json, content_hash
from stopwatch.core.evidence import verify_body
from stopwatch.core.proof import prove
from tests.watch.test_appending import LATER, Restarted, restarted
from tests.watch.world import Worlds


@pytest.fixture(scope="module")
def appended(worlds: Worlds) -> Restarted:
    """A ground with an appendix."""
    made = restarted(worlds, volume=True)
    made.pass_time(LATER)
    return made


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param(
            "of", "0" * 64, "the bundle 000000000000 that it belongs to is not stored", id="of another bundle"
        ),
        pytest.param("site", "lodz", "site: the appendix says lodz, its bundle ham-01", id="of another site"),
        pytest.param("rule_hash", "x", "rule_hash: the appendix says x", id="of another rule"),
        pytest.param("classes", "B" * 12, "other classes than the appendix says", id="classes made up"),
        pytest.param("good", "G" * 12, "other good than the appendix says", id="good slots made up"),
        pytest.param("first_slot", "2026-11-21T10:16:00Z", "does not end with the slot", id="moved"),
        pytest.param("conditions", [], "does not fit its bundle", id="no samples"),
        pytest.param("read_at", None, "the appendix names no read_at", id="no time"),
    ],
)
def test_an_appendix_that_was_made_up_is_found(appended: Restarted, name: str, value: object, words: str) -> None:
    """Somebody who can write the audit could give it a fitting hash; it must still belong to its bundle."""
    (decision,) = appended.world.decisions()
    opening, appendix = appended.bundles()
    forged = {**appendix, name: value}
    bodies = {content_hash(each): canonical_json(each) for each in (opening, forged)}
    rows = [dict(row) for row in appended.audited("decision.open") + appended.audited(APPENDED)]
    rows[-1]["evidence"] = content_hash(forged)
    (found,) = [proof for proof in prove(decision, rows, bodies.get) if proof.kind == "appendix"]
    assert any(words in told for told in found.findings), found


def test_any_flipped_byte_of_an_appendix_is_found(appended: Restarted) -> None:
    appendix = appended.bundles()[1]
    sha256, whole = content_hash(appendix), canonical_json(appendix).encode()
    assert verify_body(sha256, whole.decode()) == []
    for at in range(0, len(whole), 7):
        spoilt = bytearray(whole)
        spoilt[at] ^= 1
        assert verify_body(sha256, spoilt.decode("utf-8", "surrogateescape"))


def test_an_appendix_that_is_gone_is_missed(appended: Restarted) -> None:
    (decision,) = appended.world.decisions()
    rows = appended.audited("decision.open") + appended.audited(APPENDED)
    opening = appended.bundles()[0]
    found = prove(decision, rows, {content_hash(opening): canonical_json(opening)}.get)
    assert [(proof.kind, proof.findings) for proof in found] == [
        ("opening", ()),
        ("appendix", ("its bundle is not stored",)),
    ]
