"""What every code means, how it is known and what to do: the text of `explain` and of docs/codes.md."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from kubectl_goweb.status.diagnosis.codes import Code
from kubectl_goweb.status.diagnosis.order import EXPLAINS


class Entry(Struct, frozen=True):
    severity: str
    means: str
    known: str
    """From what it is known."""
    mend: str
    reasons: tuple[str, ...] = ()
    """The values that `reason` may have."""


_DEPENDENCY = ("dependency-dns", "dependency-refused", "dependency-timeout", "dependency-unreachable",
               "dependency-tls", "dependency-login", "dependency-full", "dependency-read-only", "dependency-schema",
               "headless-port", "headless-member", "headless-not-ready", "headless-missing", "alias-port",
               "alias-tls")  # fmt: skip

CATALOGUE: Mapping[Code, Entry] = MappingProxyType({
    Code.POD_CRASHLOOP: Entry(
        "critical", "A container ends by itself and is started again and again.",
        "the container's state and last state, and the last lines of the run that ended: Go panics, fatal errors, "
        "races and deadlocks with the first frame of one's own module, else the last error of the log, whichever "
        "logger wrote it",
        "Read the place that is named. While an older revision still serves, go back to it and mend at leisure.",
        ("go-panic", "go-fatal-error", "go-data-race", "go-deadlock", *_DEPENDENCY, "port-in-use", "port-forbidden",
         "missing-file", "missing-environment", "permission", "read-only-filesystem", "disk-full",
         "too-many-open-files", "wrong-arguments", "wrong-settings", "exec-format", "api-not-served",
         "leader-lost", "missing-rights", "missing-loader", "file-is-directory", "exits-by-itself", "signal"),
    ),
    Code.POD_KILLED: Entry(
        "critical", "The kubelet ends a container because its liveness or startup probe fails.",
        "the kubelet's event Killing, or failed liveness probes right before a run that ended by a signal; a panic "
        "in the log rules it out",
        "Give a slow start a startupProbe; let liveness ask only whether the process is alive, not its dependencies.",
        ("slow-start", "liveness-probe", "startup-probe", "probe-dependency", "cpu-throttled"),
    ),
    Code.POD_OOM: Entry(
        "critical", "The kernel killed a container for memory.",
        "the reason OOMKilled, the container's limit, and GOMEMLIMIT in its template",
        "Raise resources.limits.memory, or find what is kept (pprof heap); set GOMEMLIMIT to 80-90 % of the limit.",
        ("limit", "node"),
    ),
    Code.POD_IMAGE: Entry(
        "critical", "The image of a container cannot be pulled or used.",
        "the container's waiting reason and what the registry or the runtime answered",
        "Correct the name or tag, push the image, or name a pull secret that the registry accepts.",
        ("image-not-found", "image-unauthorised", "registry-unreachable", "registry-tls", "registry-throttled",
         "image-name", "never-pull", "image-platform", "disk-full"),
    ),
    Code.POD_CONFIG: Entry(
        "critical", "A container names a ConfigMap, Secret or key that is not there, or may not run as declared.",
        "CreateContainerConfigError, or FailedMount events of a Pod that is not started yet",
        "Create what is missing or correct the name; the container starts by itself once it is there.",
        ("missing-configmap", "missing-secret", "missing-key", "runs-as-root", "no-command", "permission",
         "read-only-filesystem", "missing-file"),
    ),
    Code.POD_START: Entry(
        "critical", "The container runtime cannot start a container.",
        "RunContainerError, StartError or PostStartHookError and the runtime's words",
        "Correct command and args; build for the nodes' processor (GOARCH).",
        ("no-command", "exec-format", "permission", "post-start"),
    ),
    Code.POD_VOLUME: Entry(
        "critical", "A Pod has a node and waits for its volumes.",
        "FailedMount and FailedAttachVolume events of a Pod that is not started yet",
        "See which node holds the volume; a volume that only one node may have needs strategy Recreate.",
        ("multi-attach", "attach-timeout", "mount"),
    ),
    Code.POD_SANDBOX: Entry(
        "critical", "A Pod has a node, and the node cannot make its sandbox or network.",
        "FailedCreatePodSandBox events", "Look at the node's CNI plugin and runtime; addresses may be used up.",
        ("sandbox",),
    ),
    Code.POD_INIT: Entry(
        "warning", "An init container runs for more than five minutes, and the containers wait for it.",
        "condition Initialized and the init container's state", "Its log tells what it waits for.", ("init-running",),
    ),
    Code.POD_UNSCHEDULABLE: Entry(
        "warning", "No node takes the Pod.",
        "condition PodScheduled, the scheduler's words taken apart, and each node's room computed anew: the nearest "
        "node and what it lacks",
        "Make room on the nearest node, ask for less, or add a node.",
        ("insufficient", "taint", "selector", "affinity", "anti-affinity", "spread", "host-port", "cordoned",
         "node-not-ready", "node-pressure", "claim-missing", "claim-unbound", "volume-elsewhere", "volume-binding",
         "too-many-volumes", "scheduling-gate"),
    ),
    Code.POD_NOT_READY: Entry(
        "warning", "A Pod runs and its readiness probe, startup probe or readiness gate says no.",
        "condition Ready, the kubelet's Unhealthy events, the probe as declared, and where the log says that the "
        "program listens",
        "Correct port or path; a program must listen on all addresses (:8080), not on 127.0.0.1.",
        ("probe-port", "probe-path", "probe-login", "probe-scheme", "probe-timeout", "probe-status", "probe-loopback",
         "probe-refused", "probe-command", "probe-unreachable", "cpu-throttled", "readiness-gate", *_DEPENDENCY),
    ),
    Code.POD_EVICTED: Entry(
        "warning", "The kubelet or the scheduler removed a Pod from its node.",
        "the Pod's reason and message", "Set requests to what is used; see the node's pressure.",
        ("memory", "disk", "pids", "preempted"),
    ),
    Code.POD_ENDED: Entry(
        "critical", "A Pod has ended, should run for ever, and will not be started again.", "the Pod's phase",
        "Its log tells why; its restartPolicy keeps it from being started again.",
    ),
    Code.POD_LOST: Entry(
        "critical", "A Pod's node does not answer.", "the Pod's reason or phase", "Look at the node.",
    ),
    Code.POD_STUCK_TERMINATING: Entry(
        "warning", "A Pod should be gone: its grace period is over by more than a minute.",
        "deletionTimestamp, finalizers, the node's condition, the kubelet's events",
        "Let whoever set the finalizer do its part; a node that is gone for good is to be deleted.",
        ("finalizer", "node", "kubelet", "unkillable"),
    ),
    Code.POD_RESTARTS: Entry(
        "warning", "A Pod that is ready was restarted within the last ten minutes.", "restartCount and the last state",
        "The previous log tells why.",
        ("limit", "slow-start", "liveness-probe", "startup-probe", "go-panic", "go-fatal-error", "go-data-race",
         "go-deadlock", "signal", "exits-by-itself"),
    ),
    Code.ROLLOUT_DEADLINE: Entry(
        "critical", "A rollout exceeded its progress deadline.", "condition Progressing",
        "What its Pods lack is told beside it; go back to the revision that serves.",
    ),
    Code.ROLLOUT_PAUSED: Entry(
        "info", "A Deployment is paused with a change that is not rolled out.", "spec.paused", "Resume it.",
    ),
    Code.ROLLOUT_REFUSED: Entry(
        "critical", "The API server refuses to create Pods.",
        "condition ReplicaFailure, or FailedCreate events while Pods are lacking",
        "What is refused is told with amounts: raise the quota, add what a policy wants, or mend the webhook.",
        ("quota", "quota-unspecified", "limit-range", "pod-security", "webhook-down", "webhook-denied", "policy-denied",
         "missing-serviceaccount", "missing-priorityclass", "namespace-terminating", "invalid"),
    ),
    Code.SET_BLOCKED: Entry(
        "warning or critical", "A StatefulSet's Pod that is not ready holds up those behind it, or its own mending.",
        "the Pods in the order of their ordinals and the revision each is of",
        "Mend or delete the Pod that is named.", ("ordinal", "forced-rollback"),
    ),
    Code.SERVICE_NO_ENDPOINTS: Entry(
        "critical", "A Service has no ready endpoint.", "its EndpointSlices",
        "What its Pods lack is told beside it.",
    ),
    Code.SERVICE_SELECTOR: Entry(
        "critical", "A Service selects no Pod, and no workload makes Pods that it would select.",
        "its selector, the labels of all Pods and templates of the namespace", "Correct the selector or the labels.",
        ("selects-nothing",),
    ),
    Code.SERVICE_PORT: Entry(
        "critical", "A Service sends to a port that its Pods do not have.",
        "targetPort, the ports that the containers declare, and the ports that their probes look at",
        "Correct targetPort.", ("port-name", "port-number", "strangers"),
    ),
    Code.SERVICE_IDLE: Entry(
        "warning", "An Ingress leads to a Service whose workload is scaled to 0.", "the Ingress and spec.replicas",
        "Scale it up, or take the route away.", ("scaled-to-zero",),
    ),
    Code.INGRESS_BACKEND: Entry(
        "critical", "An Ingress leads to a Service or port that is not there.", "its rules and the Services",
        "Correct the backend.", ("missing-service", "missing-port"),
    ),
    Code.INGRESS_CLASS: Entry(
        "critical or warning", "No controller serves an Ingress.", "ingressClassName and the IngressClasses",
        "Name a class that exists.", ("missing-class", "no-class"),
    ),
    Code.INGRESS_TLS: Entry(
        "critical or warning", "An Ingress names a certificate that is not there, not valid, or for another name.",
        "spec.tls and the Secrets' names; with --deep the certificate's dates and names, never its key",
        "Create or renew it, or see why its issuer did not.",
        ("missing-secret", "expired", "not-yet-valid", "wrong-name", "expires-soon"),
    ),
    Code.CLAIM_PENDING: Entry(
        "critical", "A claim has no volume.", "its phase, its class, the provisioner's events",
        "Name a class that exists; a claim that waits for its first Pod is no fault and is not told.",
        ("missing-class", "no-default-class", "no-volume", "provisioning-failed", "not-provisioned", "lost"),
    ),
    Code.HPA_BLIND: Entry(
        "warning", "An autoscaler cannot scale.", "its conditions AbleToScale and ScalingActive",
        "Give every container a request for the resource; see that the metrics API answers.",
        ("missing-request", "no-metrics", "no-target", "two-autoscalers", "api-not-served"),
    ),
    Code.HPA_LIMIT: Entry(
        "warning", "An autoscaler wants more replicas than it may.", "its condition ScalingLimited",
        "Raise maxReplicas if there is room.", ("at-maximum",),
    ),
    Code.PDB_IMPOSSIBLE: Entry(
        "info or warning", "A budget never allows any Pod to be evicted.",
        "its status while all its Pods are healthy, and the selectors of all budgets",
        "Let at least one Pod go: maxUnavailable 1; let one budget alone select a Pod.", ("impossible", "two-budgets"),
    ),
    Code.JOB_HELD: Entry(
        "warning", "A Job's work is done and its Pod goes on.",
        "containers that ended with exit code 0 more than five minutes ago beside one that runs",
        "Make what runs beside the work a sidecar: an init container with restartPolicy Always.",
        ("container-runs-on",),
    ),
    Code.JOB_FAILED: Entry(
        "warning", "A Job failed for good within the last day, and no later one of its CronJob succeeded.",
        "its condition Failed", "Its log tells why.", ("backoff-limit", "deadline"),
    ),
    Code.NODE_NOT_READY: Entry(
        "critical", "A node is not ready, or is called so and its kubelet is silent.",
        "its condition Ready, and the lease that its kubelet renews", "Look at its kubelet.", ("silent",),
    ),
    Code.NODE_PRESSURE: Entry(
        "warning", "A node is short of memory, disk or process ids, or has no network.", "its conditions",
        "See what uses it; the kubelet evicts Pods until it is over.",
    ),
    Code.SERVICE_ALIAS: Entry(
        "critical or warning", "A Service of type ExternalName cannot be what it is meant for.",
        "spec.externalName, the Services there are, and the ports it maps",
        "An alias is an answer of DNS: it needs a name, and whoever asks must ask for the real port.",
        ("external-address", "external-missing", "external-port"),
    ),
    Code.SERVICE_BALANCER: Entry(
        "warning", "A Service of type LoadBalancer has no address.",
        "status.loadBalancer five minutes after it was made, or its controller's events",
        "See what its controller says; where there is none, use an Ingress or type NodePort.",
        ("refused", "no-address"),
    ),
    Code.TWO_OWNERS: Entry(
        "warning", "Two hold the same thing to be theirs and undo each other's writes, or count each other's Pods.",
        "selectors and labels; the rules of Ingresses; the Deployment's and the autoscaler's events; the numbers that "
        "the ReplicaSets had; the writers in managedFields",
        "Leave spec.replicas out of the manifest of what an autoscaler scales; let one writer apply the template.",
        ("selector", "replicas", "template", "route"),
    ),
    Code.API_GONE: Entry(
        "warning", "Something asks for a kind or version that the API server does not serve.",
        "events of its controller", "Write it for a version that `kubectl api-versions` lists, or install the CRD.",
        ("api-not-served",),
    ),
    Code.POD_CUT_OFF: Entry(
        "warning", "Pods that were told to end were killed for not being done within their grace period.",
        "the container's exit code 137 at the moment the grace period ended, the kubelet's event Killing, its log and "
        "its preStop hook; to be seen only while the Pod is still there",
        "Heed SIGTERM (http.Server.Shutdown), and let terminationGracePeriodSeconds be longer than preStop and the "
        "longest request together.",
        ("sigterm-ignored", "grace-too-short", "prestop-too-long"),
    ),
    Code.NODE_CLOCK: Entry(
        "warning", "A node's clock differs from the API server's by more than 15 seconds.",
        "the time that the kubelet writes into its lease, against the time at which the API server got it",
        "Let NTP keep its clock.", ("ahead", "behind"),
    ),
    Code.POLICY_CUTS: Entry(
        "critical", "A NetworkPolicy keeps Pods from what they say they cannot reach.",
        "the policies that select both sides, evaluated for the address and port of the error",
        "Allow it in the policy that is named.", ("egress", "ingress", "dns"),
    ),
})  # fmt: skip


def explanation(code: Code) -> tuple[str, ...]:
    """The page of one code, as lines of Markdown."""
    entry = CATALOGUE[code]
    lines = [f"## {code}", "", entry.means, "", f"* severity: {entry.severity}", f"* known from: {entry.known}"]
    lines.append(f"* what to do: {entry.mend}")
    if entry.reasons:
        lines.append(f"* reasons: {', '.join(f'`{one}`' for one in entry.reasons)}")
    explains = EXPLAINS.get(code, ())
    if explains:
        lines.append(f"* explains: {', '.join(dict.fromkeys(explains))}")
    by = [other for other, codes in EXPLAINS.items() if code in codes]
    if by:
        lines.append(f"* explained by: {', '.join(by)}")
    return tuple(lines)


def page() -> str:
    """docs/codes.md"""
    head = (
        "# Codes of findings\n\n"
        "What `kubectl goweb explain` prints. Codes and reasons are stable: scripts and runbooks may name them.\n"
        "A finding that another one explains is told below it; it is no cause of its own.\n"
    )
    return head + "".join("\n" + "\n".join(explanation(code)) + "\n" for code in Code)


if __name__ == "__main__":
    print(page(), end="")
