"""What the codes about everything around Pods mean: Services, Ingresses, claims, policies, nodes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kubectl_goweb.status.diagnosis.codes import Code, Entry

AROUND: Mapping[Code, Entry] = MappingProxyType({
    Code.SERVICE_NO_ENDPOINTS: Entry(
        "critical", "A Service has no ready endpoint.", "its EndpointSlices",
        "What its Pods lack is told beside it; without a selector somebody has to write its EndpointSlices.",
        ("no-selector",),
    ),
    Code.SERVICE_SELECTOR: Entry(
        "critical", "A Service selects no Pod, and no workload makes Pods that it would select.",
        "its selector, the labels of all Pods and templates of the namespace", "Correct the selector or the labels.",
        ("selects-nothing",),
    ),
    Code.SERVICE_PORT: Entry(
        "critical", "A Service sends to a port that its Pods do not have.",
        "targetPort, the ports that the containers declare and that their probes look at; a number that they do not "
        "declare is tried through the API server, and is a warning where nobody may do so; of a Service that `why` is "
        "asked about also one that no probe looks at",
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
        "critical or warning", "A claim has no volume, or is being deleted while a Pod uses it.",
        "its phase, its class, the provisioner's events",
        "Name a class that exists; a claim that waits for its first Pod is no fault and is not told.",
        ("missing-class", "no-default-class", "no-volume", "provisioning-failed", "not-provisioned", "lost",
         "deleting"),
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
    Code.API_DOWN: Entry(
        "warning", "An API that another server than the API server serves does not answer.",
        "what those say who ask it: autoscalers, the controller that empties a namespace; the condition Available of "
        "its APIService",
        "Mend or install the server that is named; an APIService that nobody is to serve any more is to be deleted.",
        ("not-served", "not-available"),
    ),
    Code.NAMESPACE_STUCK: Entry(
        "warning", "A namespace is being deleted and does not go.",
        "its deletionTimestamp, more than a minute ago, and its conditions",
        "Let whoever set the finalizer do its part; mend the API that cannot be asked for what is left.",
        ("finalizer", "api-down", "content"),
    ),
    Code.NODE_BUSY: Entry(
        "warning", "A node uses more of its CPU or memory than the threshold.",
        "metrics.k8s.io; in the cockpit the statistics of its kubelet, where that is not there; in `nodes` a reason",
        "See which Pods use it; give them requests of what they use, or add nodes.",
    ),
    Code.NODE_CLOCK: Entry(
        "warning", "A node's clock differs from the API server's by more than 15 seconds.",
        "the time that the kubelet writes into its lease, against the time at which the API server got it",
        "Let NTP keep its clock.", ("ahead", "behind"),
    ),
    Code.POLICY_CUTS: Entry(
        "critical or warning",
        "A NetworkPolicy keeps Pods from what they need, or those who are meant to ask from them.",
        "the policies that select both sides, evaluated for the address and port of an error in a log; without one, "
        "whether they let anybody ask a Service's Pods, an Ingress's controller among them, and let a workload that "
        "may ask others ask a name server. Whether the network plugin enforces policies at all is not known",
        "Allow it in a policy for the same Pods: policies only add up.",
        ("egress", "ingress", "dns", "nobody", "other-port", "ingress-controller", "outside", "no-dns"),
    ),
})  # fmt: skip
