"""Services that only look ill: old warnings, ends and beginnings that are meant, what is left out on purpose."""

from __future__ import annotations

import copy

from .harness.kubectl import Kubectl
from .harness.layout import NODE
from .harness.waiting import until
from .sickness import Json, deployment, probe, service

HERE = {"kubernetes.io/hostname": NODE}


def healthy(image: str) -> list[Json]:
    """Services that look suspicious and are well, as they are made; what makes some look so is then done by `play`."""
    steady = deployment(
        "near-steady", image, "serve", ready=probe(), ports=[{"containerPort": 8080, "name": "http"}],
        resources={"limits": {"memory": "64Mi"}}, lifecycle={"postStart": {"exec": {"command": ["/sick", "exit-0"]}}},
    )  # fmt: skip
    optional = deployment(
        "near-optional", image, "serve", ready=probe(), pod={"imagePullSecrets": [{"name": "not-there"}]},
        envFrom=[{"configMapRef": {"name": "not-there", "optional": True}}],
    )  # fmt: skip
    startup = deployment(
        "near-startup", image, "serve-late", "4s", ready=probe(), livenessProbe=probe(),
        startupProbe=probe(failureThreshold=60),
    )  # fmt: skip
    init = deployment("near-init", image, "serve", ready=probe())
    init["spec"]["template"]["spec"]["initContainers"] = [{"name": "prepare", "image": image, "args": ["exit-0"]}]
    idle = deployment("near-idle", image, "serve", replicas=0)
    asleep = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "near-idle"},
              "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "near-idle"},
                       "minReplicas": 1, "maxReplicas": 2}}  # fmt: skip
    once: Json = {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", "containers": [
        {"name": "job", "image": image, "args": ["exit-0"]}]}}}  # fmt: skip
    job: Json = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "near-job"}, "spec": copy.deepcopy(once)}
    job["spec"]["template"]["spec"]["initContainers"] = [
        {"name": "proxy", "image": image, "args": ["serve"], "restartPolicy": "Always"}
    ]
    found = deployment("near-variable", image, "env", "DATABASE_URL", ready=probe(), pod={"nodeSelector": HERE},
                       env=[{"name": "DATABASE_URL", "value": "postgres://db"}])  # fmt: skip
    headless = service("near-member", "near-member")
    headless["spec"] |= {"clusterIP": "None", "ports": [{"port": 8080}]}
    member = deployment("near-member", image, "serve", replicas=2, ready=probe())
    member["kind"] = "StatefulSet"
    member["spec"]["serviceName"] = "near-member"
    del member["spec"]["strategy"]
    canary = deployment("near-canary", image, "serve", ready=probe())
    stable = deployment("near-stable", image, "serve", ready=probe(path="/here"), ports=[{"containerPort": 8080}])
    for one in (canary, stable):
        one["spec"]["template"]["metadata"]["labels"]["part"] = "near-both"
    both = service("near-both", "near-both")
    both["spec"]["selector"] = {"part": "near-both"}
    # What it declares and has probed is for its administrators; it is asked at a port that it does not declare.
    undeclared = deployment("near-undeclared", image, "serve", ":9090", ready=probe(9090),
                            ports=[{"containerPort": 9090, "name": "admin"}])  # fmt: skip
    front = {"name": "front", "image": image, "args": ["serve"]}
    undeclared["spec"]["template"]["spec"]["containers"].append(front)
    rolling = deployment("near-rolling", image, "serve", ready=probe())
    rolling["spec"]["minReadySeconds"] = 500
    late = deployment("near-late", image, "serve", ready=probe(), envFrom=[{"configMapRef": {"name": "near-late"}}])
    mounted = deployment("near-mounted", image, "serve", ready=probe(),
                         volumeMounts=[{"name": "settings", "mountPath": "/settings"}],
                         pod={"volumes": [{"name": "settings", "configMap": {"name": "near-late"}}]})  # fmt: skip
    ending = deployment("near-ending", image, "serve-on", "280s", ready=probe(),
                        lifecycle={"preStop": {"exec": {"command": ["/sick", "exit-0"]}}},
                        pod={"terminationGracePeriodSeconds": 300})  # fmt: skip
    forced = deployment("near-forced", image, "deaf", ready=probe())
    cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "near-cron"},
            "spec": {"schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": {"spec": once}}}  # fmt: skip
    alias = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "near-alias"},
             "spec": {"type": "ExternalName", "externalName": "db.example.com", "ports": [{"port": 5432}]}}  # fmt: skip
    return [
        steady, service("near-steady", "near-steady"), optional, startup, init, idle, service("near-idle", "near-idle"),
        asleep, job, found, member, headless, canary, stable, both, rolling, late, mounted, ending, forced, cron, alias,
        undeclared, service("near-undeclared", "near-undeclared"),
        deployment("near-paused", image, "serve", ready=probe()),
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "near-steady"},
         "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "near-steady"}}}},
    ]  # fmt: skip


def play(kubectl: Kubectl, namespace: str, image: str) -> None:
    """What somebody does to healthy services: a fault that is mended, Pods deleted, a Job that failed and was repeated,
    a rollout begun, a Deployment paused.
    """
    here = ("-n", namespace)
    for number, args in enumerate((["file", "/nowhere"], ["exit-0"])):
        made = kubectl.json(
            *here, "create", "job", f"near-cron-{number}", "--from=cronjob/near-cron", "--dry-run=client"
        )
        made["spec"]["template"]["spec"]["containers"][0] |= {"image": image, "args": args}
        kubectl.create(made)
        ended = ("Failed", "Complete")[number]
        kubectl(*here, "wait", f"job/near-cron-{number}", f"--for=condition={ended}", "--timeout=120s")
    # The kubelet has complained of it by now, and its warnings outlive the fault.
    of_late = (
        *here,
        "get",
        "events",
        "--field-selector=type=Warning",
        "-o",
        "jsonpath={.items[*].involvedObject.name}",
    )
    until(lambda: all(name in kubectl(*of_late) for name in ("near-late", "near-mounted")), what="warnings", timeout=60)
    kubectl(*here, "create", "configmap", "near-late", "--from-literal=LEVEL=info")
    for name in ("near-late", "near-mounted", "near-ending", "near-forced", "near-paused"):
        kubectl(*here, "rollout", "status", f"deployment/{name}", "--timeout=120s")
    kubectl(*here, "rollout", "pause", "deployment/near-paused")
    kubectl(*here, "delete", "pod", "-l", "app=near-ending", "--wait=false")
    kubectl(*here, "delete", "pod", "-l", "app=near-forced", "--force", "--grace-period=0")
    kubectl(*here, "rollout", "restart", "deployment/near-rolling")
