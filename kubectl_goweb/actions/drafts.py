"""What every Plan about a workload begins with."""

from __future__ import annotations

from typing import Any

import msgspec

from kubectl_goweb.actions.facts import SAME, Facts
from kubectl_goweb.actions.plan import Plan, Write


def draft(facts: Facts, verb: str, *, sentence: str, done: str, kubectl: str, before: dict[str, str]) -> Plan:
    """A Plan without writes yet: its verb, whom it is about, and how it was seen. `kubectl` is the command line without
    its first word and the namespace.
    """
    return Plan(
        verb=verb,
        target=facts.target,
        uid=facts.uid,
        context=facts.context,
        sentence=sentence,
        done=done,
        kubectl=f"kubectl {kubectl} -n {facts.target.namespace}",
        preconditions=(SAME,),
        before=before,
    )


def nothing(made: Plan, why: str) -> Plan:
    """The same when it is so already."""
    return msgspec.structs.replace(made, nothing=why)


def patch(facts: Facts, *operations: dict[str, Any]) -> tuple[Write, ...]:
    """The write of the workload itself, which the server does only if it is as it was seen."""
    return (Write("PATCH", facts.path, msgspec.json.encode([*facts.tests(), *operations])),)
