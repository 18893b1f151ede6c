"""How much of a service a new revision carries in the midst of a rollout. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_goweb.status.verdicts import Answer
from kubectl_goweb.status.workloads import Revision, Workload


class Weight(Answer, frozen=True, gc=False):
    """Available Pods: without anything that splits requests otherwise, a Service gives each of them as many."""

    new: int
    total: int

    @property
    def words(self) -> str:
        """`2 of 7 Pods serve the new revision (29 %)`."""
        if not self.total:
            return "no Pod serves"
        verb = "serves" if self.new == 1 else "serve"
        return f"{self.new} of {self.total} Pods {verb} the new revision ({round(self.new * 100 / self.total)} %)"


def weight(workload: Workload) -> Weight | None:
    """None unless Pods of the newest revision and of an older one are there."""
    return carried_by(workload.revisions)


def carried_by(revisions: Sequence[Revision]) -> Weight | None:
    """The same, of these revisions of one workload."""
    new = [one for one in revisions if one.is_current and one.existing]
    old = [one for one in revisions if not one.is_current and one.existing]
    if not new or not old:
        return None
    ours = sum(one.available for one in new)
    return Weight(ours, ours + sum(one.available for one in old))
