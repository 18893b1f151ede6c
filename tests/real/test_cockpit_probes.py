"""Probes in the cockpit, on a real terminal: Pods and Services live, with history and reason, across its screens."""

import re
import urllib.request

from .conftest import DeployWeb
from .harness.cluster import Cluster
from .harness.images import publish_current_web
from .harness.waiting import until
from .program import PROGRAM, Goweb
from .terminal import Terminal, terminal


def row(screen: Terminal, pattern: str, what: str) -> str:
    """The first line that matches, once there is one."""

    def look() -> str | None:
        found = re.search(f"^.*{pattern}.*$", screen.screen(), re.MULTILINE)
        return found[0] if found else None

    return until(look, what=f"{what}; the screen: {screen.screen()}")


def test_pods_and_services_are_probed_live_with_history_and_reason(
    deploy_web: DeployWeb, namespace: str, cluster: Cluster
) -> None:
    web = deploy_web(replicas=2, image=publish_current_web(cluster.layout))
    sick, well = web.pods()
    name = sick["metadata"]["name"]
    goweb = Goweb(cluster.kubectl.kubeconfig)

    def switch(*, unready: bool) -> None:
        url = f"http://{sick['status']['podIP']}:8080/switch?unready={str(unready).lower()}"
        urllib.request.urlopen(url, data=b"").close()

    with terminal([*PROGRAM, "-n", namespace], goweb.environ, columns=170) as screen:
        screen.shows("web", "✔ healthy", "2/2", "● live")
        screen.press("h")
        for pod in (sick, well):
            row(screen, rf"pod/{pod['metadata']['name']} .* ok +100 .*[▁-█].*readiness passing", "a Pod that is well")
        row(screen, r"svc/web .* ok +\d+ .*[▁-█]", "the Service that leads to both")

        switch(unready=True)
        row(screen, rf"pod/{name} .* status +\d+ .*[▁-█]+╳+.*readiness failing.*answered 500", "why it is not well")
        screen.press("H")
        screen.press("Escape")
        row(screen, r"web +✖ failing .* ✖● 1/2 ", "a dot for every Pod of the workload")
        screen.press("Enter")
        row(screen, rf"{name} .* ✖ status ", "the same in its row")
        screen.shows("Probes", "answered 500")

        switch(unready=False)
        row(screen, rf"{name} .* ● [\d.]+m?s ", "that it answers again")
        screen.press("h")
        row(screen, rf"pod/{name} .* ok +\d+ .*[▁-█]+╳+[▁-█]+", "a history that was kept across the screens")
