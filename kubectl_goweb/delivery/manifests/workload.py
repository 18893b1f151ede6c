"""The Deployment: hardened, graceful, spread over nodes, and probed as the service file says."""

from __future__ import annotations

import math

from kubectl_goweb.delivery.manifests import configuration
from kubectl_goweb.delivery.manifests.body import USER, Body, Release
from kubectl_goweb.delivery.service import durations
from kubectl_goweb.delivery.service.model import HealthCheck, Resources, ServiceFile

CHANGE_CAUSE = "kubernetes.io/change-cause"
_HISTORY = 10
_STARTUP_PERIOD = 2


def deployment(release: Release, config: Body | None) -> Body:
    file = release.file
    annotations = dict(release.annotations)
    if release.cause:
        annotations[CHANGE_CAUSE] = release.cause
    rolling = {"maxSurge": file.rollout.max_surge, "maxUnavailable": file.rollout.max_unavailable}
    return release.body(
        "apps/v1",
        "Deployment",
        annotations=annotations,
        spec={
            "replicas": file.replicas,
            "revisionHistoryLimit": _HISTORY,
            "progressDeadlineSeconds": durations.whole_seconds(file.rollout.deadline, 1),
            "minReadySeconds": durations.whole_seconds(file.rollout.min_ready),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling},
            "selector": {"matchLabels": release.selector},
            "template": _template(release, config),
        },
    )


def _template(release: Release, config: Body | None) -> Body:
    file = release.file
    labels = {**release.labels}
    if release.version:
        labels["app.kubernetes.io/version"] = release.version
    metadata: Body = {"labels": labels}
    if annotations := configuration.store_annotations(file.config.store):
        metadata["annotations"] = annotations
    volumes, mounts = configuration.store_volumes(file.config.store)
    spec = {
        "serviceAccountName": file.name,
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "terminationGracePeriodSeconds": durations.whole_seconds(file.shutdown.grace),
        "topologySpreadConstraints": [
            _spread(release, "kubernetes.io/hostname"),
            _spread(release, "topology.kubernetes.io/zone"),
        ],
        "containers": [_container(release, config, mounts)],
        # Go keeps large uploads in files below /tmp, and the root file system cannot be written to.
        "volumes": [{"name": "tmp", "emptyDir": {}}, *volumes],
    }
    return {"metadata": metadata, "spec": spec}


def _spread(release: Release, key: str) -> Body:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": release.selector},
    }


def _container(release: Release, config: Body | None, mounts: list[Body]) -> Body:
    file = release.file
    container: Body = {
        "name": file.name,
        "image": release.image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": "http", "containerPort": file.port, "protocol": "TCP"}],
    }
    if config is not None:
        container["envFrom"] = [{"configMapRef": {"name": config["metadata"]["name"]}}]
    container["env"] = configuration.env(release)
    container["resources"] = _resources(file.resources)
    container |= _probes(file.health_check)
    delay = durations.whole_seconds(file.shutdown.delay)
    if delay:
        # Endpoints are taken out while the Pod still serves; without a shell in the image, by the kubelet's own sleep.
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": delay}}}
    container["securityContext"] = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    container["volumeMounts"] = [{"name": "tmp", "mountPath": "/tmp"}, *mounts]  # noqa: S108  # in the container
    return container


def _resources(resources: Resources) -> Body:
    limits = {"memory": resources.memory_limit or resources.memory}
    if resources.cpu_limit is not None:
        limits = {"cpu": resources.cpu_limit, **limits}
    return {"requests": {"cpu": resources.cpu, "memory": resources.memory}, "limits": limits}


def _probes(check: HealthCheck) -> Body:
    """One check as three probes. It is asked often until the start is over; failing, it first takes the Pod out of the
    Service and, when that lasts as long again, restarts it.
    https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
    """
    timeout = durations.whole_seconds(check.timeout, 1)
    period = durations.whole_seconds(check.interval, 1)
    get = {"httpGet": {"path": check.endpoint, "port": "http"}, "timeoutSeconds": timeout}
    eager = min(period, _STARTUP_PERIOD)
    startup = math.ceil(durations.seconds(check.startup) / eager)
    return {
        "startupProbe": {**get, "periodSeconds": eager, "failureThreshold": max(1, startup)},
        "readinessProbe": {**get, "periodSeconds": period, "failureThreshold": check.retries},
        "livenessProbe": {**get, "periodSeconds": period, "failureThreshold": 2 * check.retries},
    }


def disruption_budget(release: Release) -> Body | None:
    """At most one Pod at a time may be evicted; with a single one a drain could never end."""
    if release.file.replicas < 2:
        return None
    spec = {
        "maxUnavailable": 1,
        "selector": {"matchLabels": release.selector},
        # A Pod that is not ready serves nobody, and must not hold up a drain.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    return release.body("policy/v1", "PodDisruptionBudget", spec=spec)


def service_account(release: Release) -> Body:
    return release.body("v1", "ServiceAccount", automountServiceAccountToken=False)


def tls_secret(file: ServiceFile) -> str:
    """The Secret with the Ingress' certificate; empty without TLS."""
    if file.ingress is None or file.ingress.tls is False:
        return ""
    return f"{file.name}-tls" if file.ingress.tls is True else str(file.ingress.tls)
