"""APIs that a server beside the API server serves, such as metrics.k8s.io, and whether it answers."""

from kubectl_goweb.objects.meta import Condition, Fact, Object


class BackingService(Fact, frozen=True, gc=False):
    name: str = ""
    namespace: str = ""


class APIServiceSpec(Fact, frozen=True, gc=False):
    group: str = ""
    version: str = ""
    service: BackingService | None = None
    """Who serves it; None: the API server itself."""


class APIServiceStatus(Fact, frozen=True, gc=False):
    conditions: tuple[Condition, ...] = ()


class APIService(Object, frozen=True, gc=False):
    """apiregistration.k8s.io/v1"""

    spec: APIServiceSpec = APIServiceSpec()
    status: APIServiceStatus = APIServiceStatus()
