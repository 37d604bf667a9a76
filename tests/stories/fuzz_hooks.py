"""
What schemathesis cannot know: which decisions, grounds and sites there are.

Loaded by its command line. Most requests that are meant to be good are led to something that exists, so that they reach
beyond 404; requests that are meant to be bad stay as they were made.
"""

from __future__ import annotations

import os
import random
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from schemathesis import GenerationMode

SITES = ("ham-01", "lodz")
KEY = "Idempotency-Key"
FINAL = ("resumed", "dismissed", "verified", "closed")
REFRESHED_EVERY = 5

_chance = random.Random(7)
_client = httpx.Client(
    base_url=os.environ["FUZZED_URL"], headers={"Authorization": f"Bearer {os.environ['FUZZED_TOKEN']}"}, timeout=30
)
_known: list[dict[str, Any]] = []
_calls = 0


@schemathesis.hook
def before_call(_context: object, case: schemathesis.Case[Any], _kwargs: dict[str, Any]) -> None:
    """Lead a good request to something that is there."""
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if KEY in case.headers and _chance.random() < 0.9:
        case.headers[KEY] = str(uuid.UUID(int=_chance.getrandbits(128)))
    if case.query and "before" in case.query:
        case.query["before"] = _decision()["id"]
    if "site" in case.path_parameters and _chance.random() < 0.8:
        case.path_parameters["site"] = _chance.choice(SITES)
    if "decision" in case.path_parameters and _chance.random() < 0.8:
        _lead_to(_decision(), case)
    elif case.path == "/api/v1/pauses" and isinstance(case.body, dict) and _chance.random() < 0.8:
        kept = {name: value for name, value in case.body.items() if name not in {"site", "phase", "all"}}
        case.body = {**kept, "site": _chance.choice(SITES)}


@schemathesis.hook
def after_call(_context: object, case: schemathesis.Case[Any], response: schemathesis.Response) -> None:
    """Note what was answered."""
    with Path(os.environ["FUZZED_LOG"]).open("a") as log:
        log.write(f"{response.status_code} {case.operation.label}\n")


def _lead_to(decision: dict[str, Any], case: schemathesis.Case[Any]) -> None:
    case.path_parameters["decision"] = decision["id"]
    if not isinstance(case.body, dict):
        return
    grounds = [ground["id"] for ground in decision["grounds"]]
    better = {
        "rev": decision["rev"],
        "shown": len(grounds),
        "ground": _chance.choice(grounds),
        "grounds": grounds,
        "until": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
    }
    case.body = case.body | {name: value for name, value in better.items() if case.body.get(name) is not None}


def _decision() -> dict[str, Any]:
    """Return a decision, mostly a live one; declare one where there is none."""
    global _known, _calls  # noqa: PLW0603 – hooks are functions of a module
    if _calls % REFRESHED_EVERY == 0 or not _known:
        _known = _client.get("/api/v1/decisions?limit=4").raise_for_status().json()["decisions"]
        live = {decision["site"] for decision in _known if decision["state"] not in FINAL}
        _known += [
            _client.post("/api/v1/pauses", json=_stop(site)).raise_for_status().json()
            for site in SITES
            if site not in live
        ]
    _calls += 1
    return _chance.choice(_known)


def _stop(site: str) -> dict[str, str]:
    return {"site": site, "criterion": "fuzz", "reason": "so that there is a live decision"}
