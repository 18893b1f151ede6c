"""What the codes about Pods and what makes them mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kubectl_goweb.status.diagnosis.codes import Code, Entry

_DEPENDENCY = ("dependency-dns", "dependency-refused", "dependency-timeout", "dependency-unreachable",
               "dependency-reset", "dependency-tls", "dependency-login", "dependency-full", "dependency-read-only",
               "dependency-schema",
               "headless-port", "headless-member", "headless-not-ready", "headless-missing", "alias-port",
               "alias-tls")  # fmt: skip

_CRASHES = ("go-panic", "go-fatal-error", "go-data-race", "go-deadlock", *_DEPENDENCY, "port-in-use", "port-forbidden",
            "missing-file", "missing-environment", "permission", "read-only-filesystem", "disk-full",
            "too-many-open-files", "wrong-arguments", "wrong-settings", "exec-format", "api-not-served",
            "leader-lost", "missing-rights", "missing-loader", "file-is-directory", "exits-by-itself",
            "signal")  # fmt: skip
"""Why a container ends by itself."""

OF_PODS: Mapping[Code, Entry] = MappingProxyType({
    Code.POD_CRASHLOOP: Entry(
        "critical", "A container ends by itself and is started again and again.",
        "the container's state and last state, and the last lines of the run that ended: Go panics, fatal errors, "
        "races and deadlocks with the first frame of one's own module, else the last error of the log, whichever "
        "logger wrote it",
        "Read the place that is named. While an older revision still serves, go back to it and mend at leisure.",
        _CRASHES,
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
        "the reason OOMKilled, the limit of the container or of its Pod, and GOMEMLIMIT in its template",
        "Raise resources.limits.memory, or find what is kept (pprof heap); set GOMEMLIMIT to 80-90 % of the limit.",
        ("limit", "node"),
    ),
    Code.POD_IMAGE: Entry(
        "critical or warning", "The image of a container cannot be pulled or used, or its pull takes long.",
        "the container's waiting reason and what the registry or the runtime answered; the event Pulling of more than "
        "a minute ago that nothing followed",
        "Correct the name or tag, push the image, or name a pull secret that the registry accepts.",
        ("image-not-found", "image-unauthorised", "registry-unreachable", "registry-tls", "registry-throttled",
         "image-name", "never-pull", "image-platform", "disk-full", "slow-pull"),
    ),
    Code.POD_CONFIG: Entry(
        "critical", "A container names a ConfigMap, Secret or key that is not there, or may not run as declared.",
        "CreateContainerConfigError, or FailedMount events of a Pod that is not started yet",
        "Create what is missing or correct the name; the container starts by itself once it is there.",
        ("missing-configmap", "missing-secret", "missing-key", "runs-as-root", "no-command", "permission",
         "read-only-filesystem", "missing-file", "missing-profile"),
    ),
    Code.PROBE_REDIRECTED: Entry(
        "warning", "A probe is answered with a redirect to another host, which the kubelet takes for success.",
        "the kubelet's event ProbeWarning", "Probe a path that answers by itself.", ("elsewhere",),
    ),
    Code.CONFIG_STALE: Entry(
        "info", "Pods run with what a ConfigMap or Secret was before it was written last.",
        "the time of the last write of the keys, against the start of the containers that read them as variables or "
        "as files mounted by a subPath, and for some minutes, of a ConfigMap, whether it changed a value; looked at by "
        "`why` for the workload that is named, and in the cockpit for the one that is shown",
        "Restart it when the change is meant to be there.", ("changed-since-start",),
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
        "warning", "The containers wait for an init container, which does not end.",
        "condition Initialized and the init container's state: after 20 seconds when its log says that something does "
        "not answer, after five minutes whatever it says",
        "Mend what it waits for, or let it end.", ("init-running", *_DEPENDENCY),
    ),
    Code.POD_UNSCHEDULABLE: Entry(
        "warning", "No node takes the Pod.",
        "condition PodScheduled, the scheduler's words taken apart, and each node's room computed anew: the nearest "
        "node and what it lacks",
        "Make room on the nearest node, ask for less, or add a node.",
        ("insufficient", "taint", "selector", "affinity", "anti-affinity", "spread", "host-port", "cordoned",
         "node-not-ready", "node-pressure", "claim-missing", "claim-deleting", "claim-unbound", "volume-elsewhere",
         "volume-in-use",
         "volume-binding", "too-many-volumes", "scheduling-gate"),
    ),
    Code.POD_NOT_READY: Entry(
        "warning", "A Pod runs and its readiness probe, startup probe or readiness gate says no.",
        "condition Ready, the kubelet's Unhealthy events, the probe as declared, and where the log says that the "
        "program listens or that its handlers panic",
        "Correct port or path; a program must listen on all addresses (:8080), not on 127.0.0.1.",
        ("probe-port", "probe-path", "probe-host", "probe-redirect", "probe-login", "probe-scheme", "probe-timeout",
         "probe-status", "probe-loopback", "probe-refused", "probe-command", "probe-unreachable",
         "cpu-throttled", "readiness-gate", "startup-running", "go-panic", "too-many-open-files", *_DEPENDENCY),
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
        ("limit", "node", "slow-start", "liveness-probe", "startup-probe", *_CRASHES),
    ),
    Code.ROLLOUT_DEADLINE: Entry(
        "critical", "A rollout exceeded its progress deadline.", "condition Progressing",
        "What its Pods lack is told beside it; go back to the revision that serves.",
    ),
    Code.ROLLOUT_PAUSED: Entry(
        "info", "A change is not rolled out: a Deployment is paused, or a StatefulSet's partition holds it.",
        "spec.paused; spec.updateStrategy.rollingUpdate.partition",
        "Resume it, or abort what is held on its way; lower the partition.", ("partition", "mid-rollout"),
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
    Code.POD_HOOK: Entry(
        "warning", "The preStop hook of a container fails, so that it is told to end at once.",
        "the kubelet's event FailedPreStopHook, also of Pods that are gone",
        "Let the hook do what the image can: lifecycle.preStop.sleep needs no shell.", ("pre-stop",),
    ),
    Code.POD_CUT_OFF: Entry(
        "warning", "Pods that are told to end are killed for not being done within their grace period.",
        "the container's exit code 137 at the moment the grace period ended, the kubelet's event Killing, its log and "
        "its preStop hook; to be seen only while the Pod is still there. That they will be, when a preStop hook sleeps "
        "for longer than the grace period",
        "Heed SIGTERM (http.Server.Shutdown), and let terminationGracePeriodSeconds be longer than preStop and the "
        "longest request together.",
        ("sigterm-ignored", "grace-too-short", "prestop-too-long"),
    ),
})  # fmt: skip
