"""What happens when a node is drained, told before anything is done: which Pods go and which stay, where each could go,
which disruption budget holds it up and because of whom, and what stays available meanwhile.

    simulation = simulate(node, world, flags, now)

Pure. Reading what it needs, and draining in earnest, is for `actions`.
"""

from kubectl_goweb.status.evacuation.budgets import Ailing, Budget, budget_told, budgets_of
from kubectl_goweb.status.evacuation.filters import Fate, Flags, Sorted, sort_out
from kubectl_goweb.status.evacuation.serving import Serving
from kubectl_goweb.status.evacuation.simulation import Move, Outcome, Simulation, World, simulate

__all__ = [
    "Ailing",
    "Budget",
    "Fate",
    "Flags",
    "Move",
    "Outcome",
    "Serving",
    "Simulation",
    "Sorted",
    "World",
    "budget_told",
    "budgets_of",
    "simulate",
    "sort_out",
]
