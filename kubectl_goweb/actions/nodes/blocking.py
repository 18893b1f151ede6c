"""Who is to blame when a disruption budget refuses: the budget as it stands, and its Pods that are not healthy."""

from __future__ import annotations

from time import monotonic

from kubectl_goweb.actions.asking import Reader
from kubectl_goweb.actions.nodes.reading import listed
from kubectl_goweb.errors import ApiError
from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.policy import PodDisruptionBudget
from kubectl_goweb.objects.template import FullPod
from kubectl_goweb.status.evacuation.budgets import budget_told

_FRESH = 2.0
"""Seconds for which an answer is not asked for again."""


class Blame:
    """Asks the server, not more often than is worth it."""

    def __init__(self, connection: Reader) -> None:
        self._connection = connection
        self._known: dict[str, tuple[float, str]] = {}

    def text(self, budget: str) -> str:
        """`budget web needs 2 healthy Pods and has 1; not healthy: web-x (CrashLoopBackOff)`; empty when it may not be
        read, or is not there any more.
        """
        at, text = self._known.get(budget, (0.0, ""))
        if at and monotonic() - at < _FRESH:
            return text
        try:
            text = self._asked(*budget.split("/", 1))
        except ApiError:
            text = ""  # the server's own sentence has to do
        self._known[budget] = (monotonic(), text)
        return text

    def _asked(self, namespace: str, name: str) -> str:
        found = listed(
            self._connection,
            Kind.POD_DISRUPTION_BUDGET,
            PodDisruptionBudget,
            {"fieldSelector": f"metadata.name={name}"},
            namespace,
        )
        if not found:
            return ""
        return budget_told(found[0], listed(self._connection, Kind.POD, FullPod, None, namespace) or ()).text
