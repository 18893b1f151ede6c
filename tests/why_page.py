"""The table of docs/why.md from what was recorded on the real cluster: python -m tests.why_page writes it there; what
follows from the first heading on is written by hand.
"""

from __future__ import annotations

from pathlib import Path

from kubectl_goweb.objects import Snapshot
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.triage import Problem, problems
from kubectl_goweb.status.overview import overview, pods
from tests.recorded import DATA, FILES, read, seconds

_LONGEST = 150

HEAD = """# Why: what is told of what

Every row was provoked on a real cluster (API server, kubelet, containers; Kubernetes 1.34), many at the same time in a
namespace of a two-core machine, by tests/real/test_why.py, test_quarrels.py, test_words.py, test_why_nodes.py,
test_patience.py and test_network_policies.py; tests/status/test_provoked.py holds them against every code and reason
there is.
`kubectl get` is the STATUS that kubectl shows; seconds are from the creation of the objects until `goweb triage` named
the root, among all the others. What somebody does first (two who write in turn, a Pod that is deleted) takes its
time, too.

| fault | kubectl get | goweb: code (reason) and what it says | seconds |
|---|---|---|---|
"""
TAIL = """
Beside them stood services that only look ill and about which nothing was said: a steady one with a disruption budget
and a memory limit that is enough, one with an optional ConfigMap and a pull secret that are not there, ones whose
ConfigMap came late (their warnings are still there), a slow start under a startupProbe, one with an init container
that has ended, one scaled to 0 with its Service and autoscaler, one that needs a variable and has it, one whose probe
is sent on to the same host, one within its quota, one of another RuntimeClass, a claim that waits for its first Pod, a
rollout just begun, a paused one that is complete, a Pod that takes its time to end, one deleted by force, a
StatefulSet behind a headless Service, a canary beside its stable version, an ExternalName, a certificate for any name
of a domain, a Job that finished beside its sidecar, a CronJob whose last run succeeded, a workload that policies close
altogether and that nobody is meant to ask, one whose policies let its Ingress's controller and the cluster's DNS
through. No policy is blamed that lets through what times out for another cause: a firewall outside, or a policy of
another namespace than the one that is looked at. A namespace that is deleted while a Pod takes its time to end is not
told, another one that a finalizer holds is (`GW-NAMESPACE-STUCK`).

What follows from another fault is no row of its own: a Service without endpoints hangs below the crash of its Pods, and
a service that waits for a database hangs below the database that is ill.
"""


def table() -> str:
    rows: list[str] = []
    for file in FILES:
        path = DATA / f"{file}.json.gz"
        snapshot, now, _ = read(path)
        after = seconds(path)
        status = {pod.name: pod.status for pod in pods(snapshot, now)}
        rows += [_row(one, status, after, snapshot) for one in problems(overview(snapshot, now))
                 if one.finding.object.name in after]  # fmt: skip
    return HEAD + "\n".join(rows) + "\n" + TAIL


def rewrite(page: Path) -> None:
    """The page with the table as it was recorded last."""
    _, heading, rest = page.read_text().partition("\n## ")
    page.write_text(table() + heading + rest)


def _row(one: Problem, status: dict[str, str], after: dict[str, float], snapshot: Snapshot) -> str:
    it = one.finding
    said = sorted({status[name] for name in it.affected if name in status})
    reason = f" ({it.reason})" if it.reason else ""
    said_so = it.title.replace(snapshot.namespace, "NAMESPACE") if snapshot.namespace else it.title
    title = plain(said_so, _LONGEST).replace("|", "\\|")
    return (
        f"| {it.object.short} | {', '.join(said) or '-'} | `{it.code}`{reason}: {title} | {after[it.object.name]:.0f} |"
    )


if __name__ == "__main__":
    rewrite(DATA.parents[1] / "docs" / "why.md")
