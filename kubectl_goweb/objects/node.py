"""A node in full, for placing Pods and for plans: every resource it offers, and its annotations as they stand."""

from kubectl_goweb.objects.amounts import Amount
from kubectl_goweb.objects.core import NodeAddress, NodeInfo, NodeSpec
from kubectl_goweb.objects.meta import Condition, Fact, Object


class FullNodeStatus(Fact, frozen=True, gc=False):
    conditions: tuple[Condition, ...] = ()
    addresses: tuple[NodeAddress, ...] = ()
    allocatable: dict[str, Amount] = {}
    """By resource name: `cpu`, `memory`, `pods`, `ephemeral-storage`, extended ones."""
    node_info: NodeInfo = NodeInfo()


class FullNode(Object, frozen=True, gc=False):
    spec: NodeSpec = NodeSpec()
    status: FullNodeStatus = FullNodeStatus()
