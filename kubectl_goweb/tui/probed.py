"""What is probed and what is known of it, as the screens show it. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kubectl_goweb.status.probes.history import History
from kubectl_goweb.status.probes.targets import Target


@dataclass(frozen=True, slots=True)
class Probe:
    target: Target
    history: History


@dataclass(frozen=True, slots=True)
class Probed:
    """What is known at one look."""

    is_running: bool = False
    pods: Mapping[str, tuple[Probe, ...]] = field(default_factory=dict)
    """By `namespace/name`, those with something to probe."""
    services: Mapping[str, tuple[Probe, ...]] = field(default_factory=dict)
    left_out: int = 0
    """Pods beyond those that are probed."""

    @property
    def targets(self) -> tuple[Target, ...]:
        """What a prober is given."""
        found = (one.target for group in (self.pods, self.services) for some in group.values() for one in some)
        return tuple(target for target in found if not target.unready)
