"""The kubelets: what becomes of a Pod on its node.

A Pod's containers share one life, that of the first container's image. Probes are not run one by one: what they would
find is known from `apps`, and the kubelet says it when they would have.
Rules: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from kubectl_goweb.demo.apps import App, app
from kubectl_goweb.demo.bodies import JSON, is_ready, set_pod_conditions, stamp
from kubectl_goweb.demo.dice import fnv32
from kubectl_goweb.demo.simulation import Simulation

BACK_OFF_FIRST = 10.0
BACK_OFF_MOST = 300.0


class Kubelet:
    """Runs the Pods of all nodes."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._images: set[tuple[str, str]] = set()
        self._back_off: dict[str, float] = {}

    def has_image(self, node: str, image: str) -> None:
        """The node has the image already."""
        self._images.add((node, image))

    def prepare(self, pod: JSON) -> None:
        """The Pod was bound to a node: accept it, fetch the image, start it."""
        waiting = {"waiting": {"reason": "ContainerCreating"}}
        with self._sim.edit("pods", pod, status=True) as draft:
            status = draft["status"]
            status["hostIP"] = self._node_ip(pod)
            status["hostIPs"] = [{"ip": status["hostIP"]}]
            status["startTime"] = stamp(self._sim.now)
            status["containerStatuses"] = [_container_status(each, waiting) for each in pod["spec"]["containers"]]
            self._set_readiness(draft, ready=False, sandbox=False)
        self._later(pod, 0.8, self._fetch)

    def _fetch(self, pod: JSON) -> None:
        image, node = pod["spec"]["containers"][0]["image"], pod["spec"]["nodeName"]
        what = app(image)
        if (node, image) in self._images and what is not None:
            self._say(pod, "Normal", "Pulled", f'Container image "{image}" already present on machine')
            self._start(pod)
            return
        self._say(pod, "Normal", "Pulling", f'Pulling image "{image}"')
        if what is None:
            self._later(pod, 1.2, self._pull_failed)
            return
        self._later(pod, self._sim.dice.seconds(what.pull), self._pulled)

    def _pulled(self, pod: JSON) -> None:
        image, node = pod["spec"]["containers"][0]["image"], pod["spec"]["nodeName"]
        what = app(image) or App()
        self._images.add((node, image))
        took = f"{what.pull:.3f}s ({what.pull:.3f}s including waiting)"
        self._say(
            pod, "Normal", "Pulled", f'Successfully pulled image "{image}" in {took}. Image size: {what.size} bytes.'
        )
        self._start(pod)

    def _pull_failed(self, pod: JSON) -> None:
        """ErrImagePull, then ImagePullBackOff and another try after the back-off."""
        image = pod["spec"]["containers"][0]["image"]
        reason = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": {image}: not found'
        text = f'Failed to pull image "{image}": {reason}'
        self._say(pod, "Warning", "Failed", text)
        self._say(pod, "Warning", "Failed", "Error: ErrImagePull")
        self._set_state(pod, {"waiting": {"reason": "ErrImagePull", "message": reason}})
        wait = self._next_back_off(pod)

        def back_off(current: JSON) -> None:
            message = f'Back-off pulling image "{image}": ErrImagePull: {reason}'
            self._set_state(current, {"waiting": {"reason": "ImagePullBackOff", "message": message}})
            self._say(current, "Normal", "BackOff", f'Back-off pulling image "{image}"')
            self._say(current, "Warning", "Failed", "Error: ImagePullBackOff")
            self._later(current, wait, self._fetch)

        self._later(pod, 1.5, back_off)

    def _start(self, pod: JSON) -> None:
        container = pod["spec"]["containers"][0]["name"]
        what = app(pod["spec"]["containers"][0]["image"]) or App()
        self._say(pod, "Normal", "Created", f"Created container: {container}")
        self._say(pod, "Normal", "Started", f"Started container {container}")
        with self._sim.edit("pods", pod, status=True) as draft:
            status = draft["status"]
            if "podIP" not in status:
                status["podIP"] = self._pod_ip(pod)
                status["podIPs"] = [{"ip": status["podIP"]}]
            status["phase"] = "Running"
            for each in status["containerStatuses"]:
                self._run(each)
            self._set_readiness(draft, ready=False)
        if what.crash_after is not None:
            self._later(pod, what.crash_after, self._crash)
        elif "readinessProbe" in pod["spec"]["containers"][0]:
            self._later(pod, self._sim.dice.seconds(what.start), self._become_ready)
        else:
            self._become_ready(pod)

    def _run(self, status: JSON) -> None:
        terminated = status["state"].get("terminated") or status["lastState"].get("terminated")
        if terminated:
            status["lastState"] = {"terminated": terminated}
            status["restartCount"] += 1
        status["state"] = {"running": {"startedAt": stamp(self._sim.now)}}
        status["containerID"] = f"containerd://{self._sim.dice.hex(64)}"
        status["imageID"] = image_id(status["image"])
        status["started"] = True
        status["ready"] = False

    def _become_ready(self, pod: JSON) -> None:
        with self._sim.edit("pods", pod, status=True) as draft:
            for each in draft["status"]["containerStatuses"]:
                each["ready"] = True
            self._set_readiness(draft, ready=True)

    def lose_readiness(self, pod: JSON, code: int) -> None:
        """From now on the Pod's readiness probe gets this HTTP status; at the third time in a row it is not ready."""
        probe = pod["spec"]["containers"][0]["readinessProbe"]
        message = f"Readiness probe failed: HTTP probe failed with statuscode: {code}"

        def probed(current: JSON, failures: int) -> None:
            self._say(current, "Warning", "Unhealthy", message)
            if failures == probe["failureThreshold"]:
                with self._sim.edit("pods", current, status=True) as draft:
                    for each in draft["status"]["containerStatuses"]:
                        each["ready"] = False
                    self._set_readiness(draft, ready=False)
            self._later(current, probe["periodSeconds"], lambda later: probed(later, failures + 1))

        self._later(pod, 0, lambda current: probed(current, 1))

    def _crash(self, pod: JSON) -> None:
        what = app(pod["spec"]["containers"][0]["image"]) or App()
        with self._sim.edit("pods", pod, status=True) as draft:
            for each in draft["status"]["containerStatuses"]:
                each["state"] = {
                    "terminated": {
                        "containerID": each["containerID"],
                        "exitCode": what.exit_code,
                        "finishedAt": stamp(self._sim.now),
                        "reason": "Error",
                        "startedAt": each["state"]["running"]["startedAt"],
                    }
                }
                each["ready"] = each["started"] = False
            self._set_readiness(draft, ready=False)
        if pod["metadata"]["uid"] not in self._back_off:
            self._back_off[pod["metadata"]["uid"]] = BACK_OFF_FIRST / 2
            self._later(pod, 0.9, self._fetch)
            return
        wait = self._next_back_off(pod)
        self._later(pod, 0.9, lambda current: self._wait_to_restart(current, wait))

    def _wait_to_restart(self, pod: JSON, wait: float) -> None:
        meta, container = pod["metadata"], pod["spec"]["containers"][0]["name"]
        where = f"{meta['name']}_{meta['namespace']}({meta['uid']})"
        length = f"{int(wait) // 60}m{int(wait) % 60}s" if wait >= 60 else f"{int(wait)}s"
        message = f"back-off {length} restarting failed container={container} pod={where}"
        self._set_state(pod, {"waiting": {"reason": "CrashLoopBackOff", "message": message}})

        def remind(current: JSON) -> None:
            text = f"Back-off restarting failed container {container} in pod {where}"
            self._say(current, "Warning", "BackOff", text)

        until = self._sim.now + timedelta(seconds=wait)

        def remind_again(current: JSON) -> None:
            if self._sim.now < until - timedelta(seconds=2):
                remind(current)
                self._later(current, 13, remind_again)

        remind_again(pod)
        self._later(pod, wait, self._fetch)

    def _set_state(self, pod: JSON, state: JSON) -> None:
        """A state other than running; a termination becomes the last state."""
        with self._sim.edit("pods", pod, status=True) as draft:
            for each in draft["status"]["containerStatuses"]:
                if "terminated" in each["state"]:
                    each["lastState"] = {"terminated": each["state"]["terminated"]}
                each["state"] = state

    def _next_back_off(self, pod: JSON) -> float:
        uid = pod["metadata"]["uid"]
        self._back_off[uid] = min(BACK_OFF_MOST, self._back_off.get(uid, BACK_OFF_FIRST / 2) * 2)
        return self._back_off[uid]

    def stop(self, pod: JSON) -> None:
        """The Pod is being deleted: stop its containers, then let it go."""
        meta = pod["metadata"]
        what = app(pod["spec"]["containers"][0]["image"]) or App()
        for container in pod["spec"]["containers"]:
            self._say(pod, "Normal", "Killing", f"Stopping container {container['name']}")
        uid = meta["uid"]
        self._back_off.pop(uid, None)

        def gone() -> None:
            current = self._sim.get("pods", meta["namespace"], meta["name"])
            if current is not None and current["metadata"]["uid"] == uid:
                self._sim.remove("pods", meta["namespace"], meta["name"])

        self._sim.after(min(self._sim.dice.seconds(what.stop), meta["deletionGracePeriodSeconds"]), gone)

    # Small matters

    def _later(self, pod: JSON, seconds: float, step: Callable[[JSON], None]) -> None:
        """The next step in a Pod's life, if it is still the same Pod and is not being deleted."""
        meta = pod["metadata"]

        def run() -> None:
            current = self._sim.get("pods", meta["namespace"], meta["name"])
            if current and current["metadata"]["uid"] == meta["uid"] and "deletionTimestamp" not in current["metadata"]:
                step(current)

        self._sim.after(seconds, run)

    def _say(self, pod: JSON, kind: str, reason: str, message: str) -> None:
        self._sim.record(pod, kind, reason, message, "kubelet", host=pod["spec"]["nodeName"])

    def _set_readiness(self, draft: JSON, *, ready: bool, sandbox: bool = True) -> None:
        if is_ready(draft) == ready and len(draft["status"].get("conditions", [])) > 1 and not sandbox:
            return
        names = " ".join(container["name"] for container in draft["spec"]["containers"])
        unready = ("False", "ContainersNotReady", f"containers with unready status: [{names}]")
        readiness = ("True", "", "") if ready else unready
        set_pod_conditions(
            draft,
            self._sim.now,
            {
                "PodReadyToStartContainers": ("True" if sandbox else "False", "", ""),
                "Initialized": ("True", "", ""),
                "Ready": readiness,
                "ContainersReady": readiness,
            },
        )

    def _node_ip(self, pod: JSON) -> str:
        node = self._sim.get("nodes", "", pod["spec"]["nodeName"])
        addresses = node["status"]["addresses"] if node else []
        return next((str(each["address"]) for each in addresses if each["type"] == "InternalIP"), "")

    def _pod_ip(self, pod: JSON) -> str:
        """The next free address of the node's Pod network."""
        node = self._sim.get("nodes", "", pod["spec"]["nodeName"])
        network = node["spec"]["podCIDR"].removesuffix(".0/24") if node else "10.244.99"
        taken = {each["status"].get("podIP") for each in self._sim.find("pods")}
        return next(ip for ip in (f"{network}.{number}" for number in range(2, 255)) if ip not in taken)


def image_id(image: str) -> str:
    """The digest a node reports for an image: always the same for the same name."""
    digest = "".join(f"{fnv32(f'{image}/{part}'.encode()):08x}" for part in range(8))
    return f"{image.rpartition(':')[0]}@sha256:{digest}"


def _container_status(container: JSON, state: JSON) -> JSON:
    return {
        "name": container["name"],
        "state": state,
        "lastState": {},
        "ready": False,
        "restartCount": 0,
        "image": container["image"],
        "imageID": "",
        "started": False,
    }
