"""Containers that the kernel killed for memory, and what Go was told of their limit."""

from __future__ import annotations

import re
from fractions import Fraction

from msgspec import Struct

from kubectl_goweb.objects.template import FullContainer
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import Group
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.quantities import bytes_text, quantity
from kubectl_goweb.status.verdicts import Confidence, Finding, Severity

_GO_SIZE = re.compile(r"^(?P<number>\d+)(?P<unit>B|KiB|MiB|GiB|TiB)?$")
_POD = "its Pod"
_UNITS = {"B": 0, "KiB": 1, "MiB": 2, "GiB": 3, "TiB": 4}


class _Limit(Struct, frozen=True, gc=False):
    """What it was killed for, as far as that is declared."""

    of: str
    """`container web`, or `its Pod` where the containers have a limit in common; empty where nothing is declared."""
    amount: Fraction | None


def out_of_memory(group: Group) -> Finding:
    """The kernel killed it: for its own limit or its Pod's, or for the node's memory.

    https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/
    """
    pod, container = group.pod, group.container
    limit = _limit(group)
    by_node = limit is not None and not limit.of
    title = f"{group.who} {group.verb('were', 'was')} killed "
    if by_node:
        title += "because the node ran out of memory"
        cause = f"container {pod.container} has no memory limit; the kernel of node {pod.node} chose it to free memory"
    elif limit is None or limit.amount is None:
        title += f"for {group.verb('their', 'its')} memory limit"
        cause = f"container {pod.container} used more memory than it may (exit code 137)"
    elif limit.of == _POD:
        title += f"for the Pod's memory limit of {bytes_text(limit.amount)}"
        cause = (
            f"container {pod.container} and those beside it used more memory than spec.resources.limits.memory allows"
        )
    else:
        title += f"for {group.verb('their', 'its')} memory limit of {bytes_text(limit.amount)}"
        cause = f"{limit.of} used more memory than resources.limits.memory allows (exit code 137)"
        if _is_given(group):
            cause += (
                "; the template sets no limit: a LimitRange of the namespace or an admission webhook gave it this one"
            )
    if container is not None and limit is not None and limit.amount is not None:
        cause += f"; {_goal(container, limit.amount)}"
    return finding(
        Code.POD_OOM,
        Severity.CRITICAL,
        group.case.ref,
        plain(title + group.where),
        cause=plain(cause),
        next=f"kubectl top pod {pod.name} -n {pod.namespace} --containers",
        evidence=group.evidence(),
        since=group.since,
        affected=group.names,
        reason="node" if by_node else "limit",
        # Only the whole Pod tells of a limit that its containers have in common.
        confidence=Confidence.LIKELY if by_node and group.case.spec_of(pod) is None else Confidence.CERTAIN,
    )


def _limit(group: Group) -> _Limit | None:
    """The limit that holds; None where the Pod is not seen."""
    pod, spec = group.pod, group.case.spec_of(group.pod)
    raw = group.case.raw.get(pod.name)
    known = (*raw.spec.containers, *raw.spec.init_containers) if raw else ()
    slim = next((one for one in known if one.name == pod.container), None)
    if slim is None:
        return None
    of_pod = spec.resources.limits.get("memory", "") if spec else ""
    for of, limit in ((f"container {pod.container}", slim.resources.limits.memory), (_POD, of_pod)):
        if limit != "" and (amount := quantity(limit)) is not None:
            return _Limit(of, amount)
    return _Limit("", None)


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
