"""What Pods name and are refused without: ConfigMaps, Secrets, ServiceAccounts. Names of keys, never their values."""

from msgspec import UNSET, UnsetType

from kubectl_goweb.objects.meta import Fact, Object, WrittenMeta
from kubectl_goweb.objects.withheld import Withheld


class ConfigMap(Object, frozen=True, gc=False):
    metadata: WrittenMeta
    data: dict[str, Withheld] | None = {}
    binary_data: dict[str, Withheld] | None = {}

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self.data or ()) | frozenset(self.binary_data or ())


class Secret(Object, frozen=True, gc=False):
    """Also decoded from a PartialObjectMetadata: then no value ever leaves the server, and its keys are unknown."""

    metadata: WrittenMeta
    type: str = ""
    data: dict[str, Withheld] | UnsetType | None = UNSET

    @property
    def keys(self) -> frozenset[str] | None:
        """None when they were not asked for, or there are none."""
        return frozenset(self.data) if self.data else None


class LocalReference(Fact, frozen=True, gc=False):
    name: str = ""


class ServiceAccount(Object, frozen=True, gc=False):
    image_pull_secrets: tuple[LocalReference, ...] = ()
    automount_service_account_token: bool | None = None
