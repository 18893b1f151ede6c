"""What limits and refuses: quotas, limit ranges, disruption budgets, webhooks; and what scales and leads."""

from datetime import datetime

from msgspec import field

from kubectl_goweb.objects.apps import LabelSelector
from kubectl_goweb.objects.meta import Condition, Fact, Object, WrittenMeta

Amounts = dict[str, str | int | float]
"""By resource, as the API writes them."""


class ResourceQuotaStatus(Fact, frozen=True, gc=False):
    hard: Amounts = {}
    used: Amounts = {}


class ScopeSelector(Fact, frozen=True, gc=False):
    """Which Pods a quota counts; that there is one is all that is read."""


class ResourceQuotaSpec(Fact, frozen=True, gc=False):
    scopes: tuple[str, ...] = ()
    scope_selector: ScopeSelector | None = None


class ResourceQuota(Object, frozen=True, gc=False):
    spec: ResourceQuotaSpec = ResourceQuotaSpec()
    status: ResourceQuotaStatus = ResourceQuotaStatus()


class LimitRangeItem(Fact, frozen=True, gc=False):
    type: str
    """`Container`, `Pod` or `PersistentVolumeClaim`."""
    max: Amounts = {}
    min: Amounts = {}
    default: Amounts = {}
    default_request: Amounts = {}
    max_limit_request_ratio: Amounts = {}


class LimitRangeSpec(Fact, frozen=True, gc=False):
    limits: tuple[LimitRangeItem, ...] = ()


class LimitRange(Object, frozen=True, gc=False):
    spec: LimitRangeSpec = LimitRangeSpec()


class PodDisruptionBudgetSpec(Fact, frozen=True, gc=False):
    min_available: int | str | None = None
    max_unavailable: int | str | None = None
    selector: LabelSelector | None = None
    """None selects nothing, an empty one every Pod of the namespace."""
    unhealthy_pod_eviction_policy: str = "IfHealthyBudget"
    """Or `AlwaysAllow`: Pods that are not ready may always be evicted."""


class PodDisruptionBudgetStatus(Fact, frozen=True, gc=False):
    disruptions_allowed: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0
    expected_pods: int = 0
    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()


class PodDisruptionBudget(Object, frozen=True, gc=False):
    spec: PodDisruptionBudgetSpec = PodDisruptionBudgetSpec()
    status: PodDisruptionBudgetStatus = PodDisruptionBudgetStatus()


class ScaleTarget(Fact, frozen=True, gc=False):
    api_version: str = ""
    kind: str = ""
    name: str = ""


class MetricTarget(Fact, frozen=True, gc=False):
    type: str = ""
    average_utilization: int | None = None
    average_value: str | int | float | None = None
    value: str | int | float | None = None


class ResourceMetric(Fact, frozen=True, gc=False):
    name: str = ""
    target: MetricTarget = MetricTarget()


class Metric(Fact, frozen=True, gc=False):
    type: str
    """`Resource`, `ContainerResource`, `Pods`, `Object` or `External`."""
    resource: ResourceMetric | None = None


class HorizontalPodAutoscalerSpec(Fact, frozen=True, gc=False):
    scale_target_ref: ScaleTarget = ScaleTarget()
    min_replicas: int = 1
    max_replicas: int = 0
    metrics: tuple[Metric, ...] = ()


class HorizontalPodAutoscalerStatus(Fact, frozen=True, gc=False):
    current_replicas: int = 0
    desired_replicas: int = 0
    last_scale_time: datetime | None = None
    conditions: tuple[Condition, ...] | None = ()


class HorizontalPodAutoscaler(Object, frozen=True, gc=False):
    """autoscaling/v2"""

    spec: HorizontalPodAutoscalerSpec = HorizontalPodAutoscalerSpec()
    status: HorizontalPodAutoscalerStatus = HorizontalPodAutoscalerStatus()


class LeaseSpec(Fact, frozen=True, gc=False):
    holder_identity: str = ""
    lease_duration_seconds: int = 0
    renew_time: datetime | None = None


class Lease(Object, frozen=True, gc=False):
    metadata: WrittenMeta
    spec: LeaseSpec = LeaseSpec()


class WebhookService(Fact, frozen=True, gc=False):
    name: str
    namespace: str
    port: int = 443


class WebhookClient(Fact, frozen=True, gc=False):
    url: str = ""
    service: WebhookService | None = None


class Webhook(Fact, frozen=True, gc=False):
    name: str
    client_config: WebhookClient = WebhookClient()
    failure_policy: str = "Fail"
    timeout_seconds: int = 10
    namespace_selector: LabelSelector = LabelSelector()


class _WebhookConfiguration(Object, frozen=True, gc=False):
    webhooks: tuple[Webhook, ...] = field(default=())


class ValidatingWebhookConfiguration(_WebhookConfiguration, frozen=True, gc=False):
    pass


class MutatingWebhookConfiguration(_WebhookConfiguration, frozen=True, gc=False):
    pass
