"""Where a Pod can go: what the scheduler's filters say of a Pod spec and a node, with numbers, before anything is done.

    demand = demand_of_template(template, "shop")        what one Pod asks of a node
    told = placement(demand, cluster)                    every node: it fits, or what stands against it
    told.fitting; told.nearest; told.summary             for people; `summary` counts as FailedScheduling does

It follows the filter plugins of kube-scheduler 1.34 in their order
(https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins). It does not score: of several nodes that
fit, the scheduler alone chooses. It does not preempt. What it cannot know it names in `unchecked`.
"""

from kubectl_goweb.status.placement.answers import Fit, Obstacle, Placement, Predicate
from kubectl_goweb.status.placement.cluster import Cluster, NodeRoom, cluster_of
from kubectl_goweb.status.placement.demands import Demand, demand_of, demand_of_template
from kubectl_goweb.status.placement.fit import fit, placement

__all__ = [
    "Cluster",
    "Demand",
    "Fit",
    "NodeRoom",
    "Obstacle",
    "Placement",
    "Predicate",
    "cluster_of",
    "demand_of",
    "demand_of_template",
    "fit",
    "placement",
]
