"""What every object has: metadata, owners, conditions."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, field


class Fact(Struct, frozen=True, gc=False, rename="camel"):
    """Base of all decoded values. They hold no cycles, so the garbage collector need not look at them."""


class OwnerReference(Fact, frozen=True, gc=False):
    kind: str
    name: str
    uid: str = ""
    controller: bool = False


class Annotations(Fact, frozen=True, gc=False):
    """The annotations that are read. All others, some of them a megabyte long, are never kept."""

    revision: str = field(default="", name="deployment.kubernetes.io/revision")
    change_cause: str = field(default="", name="kubernetes.io/change-cause")
    mirror: str = field(default="", name="kubernetes.io/config.mirror")
    """On the Pods that a kubelet runs from its own files."""
    isolated: str = field(default="", name="kubectl-goweb/isolated")
    """On a node: who took it out of service, why, and what that changed (`status.isolation`)."""


class Meta(Fact, frozen=True, gc=False):
    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    """When the grace period of its deletion ends."""
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] = {}
    annotations: Annotations = Annotations()
    owner_references: tuple[OwnerReference, ...] = ()

    @property
    def key(self) -> str:
        """`namespace/name`, or `name` where there is no namespace: the identity of an object of one kind."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def controller(self) -> OwnerReference | None:
        """The managing owner: the one reference with `controller: true`."""
        for owner in self.owner_references:
            if owner.controller:
                return owner
        return None


class Owning(Fact, frozen=True, gc=False):
    """That a field is owned is all that is read."""


class Owned(Fact, frozen=True, gc=False):
    """The parts of `fieldsV1` that are asked about: names of fields as `f:NAME`, never their values."""

    spec: dict[str, Owning] = field(default={}, name="f:spec")
    data: dict[str, Owning] = field(default={}, name="f:data")
    binary_data: dict[str, Owning] = field(default={}, name="f:binaryData")


class Write(Fact, frozen=True, gc=False):
    """The last write of one manager: who, how, when, and which fields it owns."""

    manager: str = ""
    operation: str = ""
    """`Apply` or `Update`."""
    subresource: str = ""
    time: datetime | None = None
    fields: Owned = field(default=Owned(), name="fieldsV1")

    @property
    def spec(self) -> tuple[str, ...]:
        """The fields below `spec` that it owns: `template`, `replicas`."""
        return _names(self.fields.spec)

    @property
    def data(self) -> tuple[str, ...]:
        """The keys of a ConfigMap or Secret that it owns."""
        return _names({**self.fields.data, **self.fields.binary_data})

    @property
    def owns_replicas(self) -> bool:
        return "f:replicas" in self.fields.spec

    @property
    def owns_template(self) -> bool:
        return "f:template" in self.fields.spec


def _names(owned: dict[str, Owning]) -> tuple[str, ...]:
    """Without the `.` that stands for the whole."""
    return tuple(sorted(name.removeprefix("f:") for name in owned if name.startswith("f:")))


class WrittenMeta(Meta, frozen=True, gc=False):
    """Metadata with its writers, for the few objects about which "changed when, by whom" is asked."""

    managed_fields: tuple[Write, ...] = ()

    def writes(self, since: datetime) -> tuple[Write, ...]:
        """The last write of each manager that was no status, not before `since`, oldest first. The server keeps no
        earlier ones.
        """
        timed = [(one.time, one) for one in self.managed_fields if one.time and one.subresource != "status"]
        return tuple(one for at, one in sorted(timed, key=lambda pair: pair[0]) if at >= since)

    @property
    def last_write(self) -> Write | None:
        """The newest write that was no status; None when none is recorded.

        The API server moves a manager's time only when its write changed something
        (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management).
        """
        timed = [one for one in self.managed_fields if one.time is not None and not one.subresource]
        return max(timed, key=lambda one: one.time.timestamp() if one.time else 0.0, default=None)


class Object(Fact, frozen=True, gc=False):
    """Anything that has metadata."""

    metadata: Meta

    @property
    def key(self) -> str:
        return self.metadata.key

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def namespace(self) -> str:
        return self.metadata.namespace


class Written(Object, frozen=True, gc=False):
    """Any object, read as its metadata with its writers alone."""

    metadata: WrittenMeta


class Condition(Fact, frozen=True, gc=False):
    type: str
    status: str
    """`True`, `False` or `Unknown`."""
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None
    last_update_time: datetime | None = None
    """Deployments only: moved by every progress."""


def condition(conditions: Iterable[Condition], kind: str) -> Condition | None:
    """The condition of that type, or None when the object does not say."""
    for found in conditions:
        if found.type == kind:
            return found
    return None
