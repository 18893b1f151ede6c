"""docs/why.md from what was recorded on the real cluster: python -m tests.why_page > docs/why.md"""

from __future__ import annotations

from kubectl_goweb.objects import Snapshot
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.triage import Problem, problems
from kubectl_goweb.status.overview import overview, pods
from tests.recorded import DATA, read, seconds

_LONGEST = 150

HEAD = """# Why: what is told of what

Every row was provoked on a real cluster (API server, kubelet, containers; Kubernetes 1.34), all at the same time in one
namespace of a two-core machine, by tests/real/test_why.py. `kubectl get` is the STATUS that kubectl shows; seconds are
from the creation of the objects until `kubectl goweb triage` named the root, among all the others.

| fault | kubectl get | goweb: code (reason) and what it says | seconds |
|---|---|---|---|
"""
TAIL = """
Beside them stood services that only look ill and about which nothing was said: a steady one with a disruption budget,
one with an optional ConfigMap that is not there, a slow start under a startupProbe, one with an init container
that has ended, one scaled to 0, a finished Job, one that needs a variable and has it.

What follows from another fault is no row of its own: a Service without endpoints hangs below the crash of its Pods, and
a service that waits for a database hangs below the database that is ill.
"""


def page() -> str:
    path = DATA / "why.json.gz"
    snapshot, now, _ = read(path)
    after = seconds(path)
    status = {pod.name: pod.status for pod in pods(snapshot, now)}
    rows = [_row(one, status, after, snapshot) for one in problems(overview(snapshot, now))]
    return HEAD + "\n".join(rows) + "\n" + TAIL


def _row(one: Problem, status: dict[str, str], after: dict[str, float], snapshot: Snapshot) -> str:
    it = one.finding
    said = sorted({status[name] for name in it.affected if name in status})
    reason = f" ({it.reason})" if it.reason else ""
    title = plain(it.title.replace(snapshot.namespace, "NAMESPACE"), _LONGEST).replace("|", "\\|")
    return (
        f"| {it.object.short} | {', '.join(said) or '-'} | `{it.code}`{reason}: {title} | {after[it.object.name]:.0f} |"
    )


if __name__ == "__main__":
    print(page(), end="")
