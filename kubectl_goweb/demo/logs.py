"""Container logs, as the API server hands them out: current or previous run, tail, since, follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kubectl_goweb.demo.apps import log_lines
from kubectl_goweb.demo.bodies import JSON, moment
from kubectl_goweb.demo.reading import get_object
from kubectl_goweb.demo.requests import Request, Target
from kubectl_goweb.demo.resources import bad_request
from kubectl_goweb.demo.simulation import Simulation

LOG_MOST = 1_000
"""The newest lines that are kept of a container's log."""


class Log:
    """The log of one container: what there is, then what is new."""

    def __init__(self, sim: Simulation, request: Request, target: Target) -> None:
        """Raises the server's 400 for a container that is not there, waits, or has no previous run."""
        self._sim = sim
        self._target = target
        self._request = request
        self._timestamps = request.is_on("timestamps")
        self._previous = request.is_on("previous")
        pod = get_object(sim, target)
        self._uid = pod["metadata"]["uid"]
        names = [each["name"] for each in pod["spec"]["containers"]]
        self._container = request.query.get("container") or names[0]
        if self._container not in names:
            raise bad_request(f"container {self._container} is not valid for pod {target.name}")
        if len(names) > 1 and "container" not in request.query:
            listed = " ".join(names)
            raise bad_request(f"a container name must be specified for pod {target.name}, choose one of: [{listed}]")
        self._run(pod)
        self._told: datetime | None = None

    def lines(self) -> list[str]:
        """The lines that were not told before, oldest first."""
        pod = self._sim.get("pods", self._target.namespace, self._target.name)
        if pod is None or pod["metadata"]["uid"] != self._uid:
            return []
        begin, end = self._run(pod)
        lines = log_lines(pod, begin, end or self._sim.now, crashed=end is not None, most=LOG_MOST)
        if self._told is not None:
            told = self._told
            lines = [each for each in lines if each[0] > told]
        else:
            if self._request.query.get("sinceSeconds"):
                since = self._sim.now - timedelta(seconds=self._request.number("sinceSeconds"))
                lines = [each for each in lines if each[0] >= since]
            elif self._request.query.get("sinceTime"):
                lines = [each for each in lines if each[0] >= moment(self._request.query["sinceTime"])]
            if self._request.query.get("tailLines"):
                count = self._request.number("tailLines")
                lines = lines[-count:] if count else []
        self._told = lines[-1][0] if lines else self._told or self._sim.now
        return [f"{_nanoseconds(when)} {text}" if self._timestamps else text for when, text in lines]

    def has_ended(self) -> bool:
        """Nothing more will come: the run is over or the Pod gone."""
        pod = self._sim.get("pods", self._target.namespace, self._target.name)
        return pod is None or pod["metadata"]["uid"] != self._uid or self._previous or self._run(pod)[1] is not None

    def _run(self, pod: JSON) -> tuple[datetime, datetime | None]:
        """(begin, end) of the run that is asked for; end is None while it lasts."""
        found = (each for each in pod["status"].get("containerStatuses", []) if each["name"] == self._container)
        status = next(found, None)
        ended = (
            (status["lastState"] if self._previous else {**status["lastState"], **status["state"]}) if status else {}
        )
        if status and not self._previous and "running" in status["state"]:
            return moment(status["state"]["running"]["startedAt"]), None
        if "terminated" in ended:
            return moment(ended["terminated"]["startedAt"]), moment(ended["terminated"]["finishedAt"])
        if self._previous:
            name = pod["metadata"]["name"]
            raise bad_request(f'previous terminated container "{self._container}" in pod "{name}" not found')
        reason = (
            status["state"].get("waiting", {}).get("reason", "ContainerCreating") if status else "ContainerCreating"
        )
        text = f'container "{self._container}" in pod "{pod["metadata"]["name"]}" is waiting to start: {reason}'
        raise bad_request(text)


def _nanoseconds(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
