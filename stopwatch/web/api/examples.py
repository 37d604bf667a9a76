"""One example of every answer, for the documentation of the API."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic.types import JsonValue

DECISION: dict[str, JsonValue] = {
    "id": "ham-01-20261121T1015Z",
    "rollout": "wms-4-12",
    "scope": "ham-01",
    "site": "ham-01",
    "phase": "pilot",
    "state": "acknowledged",
    "paused": True,
    "drill": False,
    "rev": 2,
    "opened_at": "2026-11-21T10:14:00Z",
    "detected_late": False,
    "until": None,
    "clock": None,
    "grounds": [
        {
            "id": "ham-01/integration-5xx/20261121T1014Z",
            "kind": "rule",
            "rule": "integration-5xx",
            "criterion": None,
            "opened_at": "2026-11-21T10:14:00Z",
            "recorded_at": "2026-11-21T10:15:00.412000Z",
            "recovered_at": None,
            "resolved_at": None,
            "evidence": "9f2c4e0b7f6d1c58a3e9d0b4c7a1e2f35b6c8d9e0f1a2b3c4d5e6f708192a3b4",
            "links": [{"kind": "dashboard", "url": "https://grafana.example/d/site?var-site=ham-01"}],
        }
    ],
    "acts": [
        {
            "act": "acknowledge",
            "actor": "slack:U024BE7LH",
            "at": "2026-11-21T10:16:21Z",
            "reason": None,
            "rev_before": 1,
            "rev_after": 2,
            "details": {},
        }
    ],
}

EVIDENCE: dict[str, JsonValue] = {
    "decision": "ham-01-20261121T1015Z",
    "bundles": [
        {
            "ground": "integration-5xx@20261121T1014Z",
            "kind": kind,
            "sha256": sha256,
            "proven": True,
            "findings": [],
            "notes": [],
            "pruned": None,
        }
        for kind, sha256 in (("opening", "9f2c" * 16), ("appendix", "4e0b" * 16))
    ],
}

STATUS: dict[str, JsonValue] = {
    "sites": [
        {
            "site": "ham-01",
            "phase": "pilot",
            "state": "breached",
            "paused": True,
            "decision": "ham-01-20261121T1015Z",
            "rules": [
                {
                    "rule": "integration-5xx",
                    "state": "breached",
                    "pending_since": "2026-11-21T09:59:00Z",
                    "value": 0.074,
                    "newest_slot": "2026-11-21T10:20:00Z",
                },
                {
                    "rule": "label-success",
                    "state": "no_data",
                    "pending_since": None,
                    "value": None,
                    "newest_slot": "2026-11-21T10:20:00Z",
                    "reason": "low_volume",
                },
            ],
        }
    ],
    "last_evaluation": "2026-11-21T10:21:00Z",
}

GATE: dict[str, JsonValue] = {
    "site": "ham-01",
    "open": False,
    "reasons": [
        {
            "decision": "ham-01-20261121T1015Z",
            "phase": "pilot",
            "text": "ham-01 is paused since 2026-11-21T10:14:00Z: integration-5xx; resume, dismiss or close "
            "ham-01-20261121T1015Z to open",
        }
    ],
}

PHASE_GATE: dict[str, JsonValue] = {
    "phase": "pilot",
    "open": False,
    "reasons": [
        {
            "decision": None,
            "phase": "pilot",
            "text": "pilot is not provable: nothing bad is known, but 1 demand cannot be proven",
        },
        {
            "decision": None,
            "phase": "pilot",
            "text": "warehouse-lead has not signed off pilot; to pass: stopwatch rollout sign-off pilot --role "
            "warehouse-lead",
        },
    ],
    "judgement": {
        "number": 41,
        "verdict": "not_provable",
        "summary": "pilot is not provable: nothing bad is known, but 1 demand cannot be proven",
        "at": "2026-11-21T10:15:00Z",
        "evidence": "9f2c4e0b7f6d1c58a3e9d0b4c7a1e2f35b6c8d9e0f1a2b3c4d5e6f708192a3b4",
    },
    "call": None,
}

READY: dict[str, JsonValue] = {
    "ready": True,
    "reasons": [],
    "degraded": ["slack takes nothing at C0HYPERCARE (is_archived); C0FALLBACK is used instead"],
    "role": "follower",
    "leader": "stopwatch-0/1",
    "database": "up",
}

DECISIONS: dict[str, JsonValue] = {"decisions": [DECISION]}

OPEN_GATE: dict[str, JsonValue] = {"site": "ham-01", "open": True, "reasons": []}

ALERTS: dict[str, JsonValue] = {
    "alerts": [
        {
            "fingerprint": "a5f1c0de00000001",
            "outcome": "opened",
            "detail": "nothing ships",
            "decision": "ham-01-20261121T1015Z",
        },
        {
            "fingerprint": "a5f1c0de00000002",
            "outcome": "ignored",
            "detail": "its label site ('MUC') names no site of the plan",
            "decision": None,
        },
    ]
}

WELL: dict[str, JsonValue] = {"live": True}
RELOADED: dict[str, JsonValue] = {"reloaded": True}

_DETAILS = {
    400: "There was an error parsing the body",
    401: "this request needs a bearer token",
    403: "the token ci lacks the scope act",
    404: "no decision has the id ham-01-20261121T1015Z",
    409: "the decision was at revision 1 and is now confirmed, revision 2 by slack:U024BE7LH at 2026-11-21T10:16:21Z "
    "(confirm)",
    413: "a body may have at most 262144 bytes",
    422: "body.reason: Field required",
    500: "stopwatch failed to answer; its log says why",
    503: "the records cannot be read or written now",
}
_MORE: dict[int, dict[str, JsonValue]] = {
    409: {"rev": 2, "state": "confirmed", "by": "slack:U024BE7LH", "at": "2026-11-21T10:16:21Z"},
    422: {"errors": [{"in": "body.reason", "detail": "Field required"}]},
}


def problem_of(status: int) -> dict[str, JsonValue]:
    """Return an example of the refusal with that status."""
    title = HTTPStatus(status).phrase
    plain: dict[str, JsonValue] = {"type": "about:blank", "title": title, "status": status, "detail": _DETAILS[status]}
    return plain | _MORE.get(status, {})


PROBLEM = problem_of(404)
INVALID = problem_of(422)
CONFLICT = problem_of(409)
