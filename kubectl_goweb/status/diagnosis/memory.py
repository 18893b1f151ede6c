"""Containers that the kernel killed for memory, and what Go was told of their limit."""

from __future__ import annotations

import re
from fractions import Fraction

from kubectl_goweb.objects.template import FullContainer
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import Group
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.quantities import bytes_text, quantity
from kubectl_goweb.status.verdicts import Finding, Severity

_GO_SIZE = re.compile(r"^(?P<number>\d+)(?P<unit>B|KiB|MiB|GiB|TiB)?$")
_UNITS = {"B": 0, "KiB": 1, "MiB": 2, "GiB": 3, "TiB": 4}


def out_of_memory(group: Group) -> Finding:
    """The kernel killed it: for the container's own limit, or for the node's memory."""
    pod, container = group.pod, group.container
    raw = group.case.raw.get(pod.name)
    slim = next((c for c in raw.spec.containers if c.name == pod.container), None) if raw else None
    limit = slim.resources.limits.memory if slim else ""
    amount = quantity(limit) if limit != "" else None
    has_limit = amount is not None
    if has_limit and amount is not None:
        title = f"{group.who} {group.verb('were', 'was')} killed for {group.verb('their', 'its')} memory limit"
        title += f" of {bytes_text(amount)}"
        cause = f"container {pod.container} used more memory than resources.limits.memory allows (exit code 137)"
    elif slim is not None:
        title = f"{group.who} {group.verb('were', 'was')} killed because the node ran out of memory"
        cause = f"container {pod.container} has no memory limit; the kernel of node {pod.node} chose it to free memory"
    else:
        title = f"{group.who} {group.verb('were', 'was')} killed for {group.verb('their', 'its')} memory limit"
        cause = f"container {pod.container} used more memory than it may (exit code 137)"
    if amount is not None and _is_given(group):
        cause += "; the template sets no limit: a LimitRange of the namespace or an admission webhook gave it this one"
    if container is not None and amount is not None:
        cause += f"; {_goal(container, amount)}"
    return finding(
        Code.POD_OOM,
        Severity.CRITICAL,
        group.case.ref,
        plain(title),
        cause=plain(cause),
        next=f"kubectl top pod {pod.name} -n {pod.namespace} --containers",
        evidence=group.evidence(),
        since=group.since,
        affected=group.names,
        reason="limit" if has_limit or slim is None else "node",
    )


def _is_given(group: Group) -> bool:
    """The limit is the Pod's and not its template's."""
    full = group.case.full
    declared = next((one for one in full.all_containers if one.name == group.pod.container), None) if full else None
    return declared is not None and "memory" not in declared.resources.limits


def _goal(container: FullContainer, limit: Fraction) -> str:
    """What Go's collector was told, against the limit. https://pkg.go.dev/runtime#hdr-Environment_Variables"""
    env = next((one for one in container.env if one.name == "GOMEMLIMIT"), None)
    if env is None:
        return "GOMEMLIMIT is not set, so Go's collector does not know of the limit"
    if not env.value:
        return "GOMEMLIMIT is taken from the Pod's fields"
    goal = go_bytes(env.value)
    if goal is None:
        return f"GOMEMLIMIT is {env.value}"
    if goal >= limit:
        return (
            f"GOMEMLIMIT is {env.value}, and the limit is {bytes_text(limit)}: the collector would only begin to save "
            "beyond the limit, so it never does"
        )
    share = f"{round(goal * 100 / limit)} % of the limit"
    return f"GOMEMLIMIT is {env.value}, {share}: what is kept, or what is no Go heap, is more than that"


def go_bytes(text: str) -> int | None:
    """The value of GOMEMLIMIT in bytes; None for `off` and for what Go does not read, such as `512Mi`."""
    found = _GO_SIZE.match(text.strip())
    return int(found["number"]) * 1024 ** _UNITS[found["unit"] or "B"] if found else None
