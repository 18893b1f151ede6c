"""Claims, volumes and their classes."""

from msgspec import field

from kubectl_goweb.objects.amounts import Requests
from kubectl_goweb.objects.meta import Annotations, Condition, Fact, Meta, Object
from kubectl_goweb.objects.scheduling import NodeSelector


class ClaimSpec(Fact, frozen=True, gc=False):
    access_modes: tuple[str, ...] = ()
    resources: Requests = Requests()
    storage_class_name: str | None = None
    """None: the default class; empty: no class at all, a volume must be there already."""
    volume_name: str = ""
    volume_mode: str = "Filesystem"


class ClaimStatus(Fact, frozen=True, gc=False):
    phase: str = ""
    """`Pending`, `Bound` or `Lost`."""
    capacity: dict[str, str | int | float] = {}
    conditions: tuple[Condition, ...] = ()


class PersistentVolumeClaim(Object, frozen=True, gc=False):
    spec: ClaimSpec = ClaimSpec()
    status: ClaimStatus = ClaimStatus()


class ClaimReference(Fact, frozen=True, gc=False):
    name: str = ""
    namespace: str = ""
    uid: str = ""


class VolumeNodeAffinity(Fact, frozen=True, gc=False):
    required: NodeSelector | None = None


class PersistentVolumeSpec(Fact, frozen=True, gc=False):
    access_modes: tuple[str, ...] = ()
    capacity: dict[str, str | int | float] = {}
    storage_class_name: str = ""
    claim_ref: ClaimReference | None = None
    node_affinity: VolumeNodeAffinity | None = None
    persistent_volume_reclaim_policy: str = ""


class PersistentVolumeStatus(Fact, frozen=True, gc=False):
    phase: str = ""
    """`Available`, `Bound`, `Released` or `Failed`."""
    reason: str = ""
    message: str = ""


class PersistentVolume(Object, frozen=True, gc=False):
    spec: PersistentVolumeSpec = PersistentVolumeSpec()
    status: PersistentVolumeStatus = PersistentVolumeStatus()


class StorageClassAnnotations(Annotations, frozen=True, gc=False):
    is_default: str = field(default="", name="storageclass.kubernetes.io/is-default-class")


class StorageClassMeta(Meta, frozen=True, gc=False):
    annotations: StorageClassAnnotations = StorageClassAnnotations()


class StorageClass(Object, frozen=True, gc=False):
    metadata: StorageClassMeta
    provisioner: str = ""
    volume_binding_mode: str = "Immediate"
    """`WaitForFirstConsumer` leaves a claim Pending until a Pod uses it, and that is no fault."""
    allow_volume_expansion: bool = False
    reclaim_policy: str = ""
