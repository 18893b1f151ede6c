"""Why the API server refuses to create Pods: quota, limits, Pod Security, webhooks, what a template names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.quantities import amount_text, quantity
from kubectl_goweb.status.verdicts import Ref

if TYPE_CHECKING:
    from kubectl_goweb.objects.policy import ResourceQuota

_NAME = r"\"?(?P<name>[^\",:\s]+)\"?"
_QUOTA = re.compile(
    rf"exceeded quota: {_NAME}, requested: (?P<requested>\S+), used: (?P<used>\S+), limited: (?P<limited>\S+)"
)
_QUOTA_SILENT = re.compile(rf"failed quota: {_NAME}: must specify (?P<what>.+)$")
_SECURITY = re.compile(r"violates PodSecurity \"(?P<level>[^\"]+)\": (?P<what>.+)$")
_LIMIT = re.compile(r"(?P<what>(?:maximum|minimum) \S+ usage per \w+ is .*?|.*max limit to request ratio.*)\]?$")
_WEBHOOK_DOWN = re.compile(r"failed calling webhook \"(?P<name>[^\"]+)\": (?P<what>.+)$")
_WEBHOOK_SERVICE = re.compile(r"https?://(?P<service>[\w-]+)\.(?P<namespace>[\w-]+)\.svc")
_WEBHOOK_DENIED = re.compile(r"admission webhook \"(?P<name>[^\"]+)\" denied the request:? ?(?P<what>.*)$")
_POLICY = re.compile(r"ValidatingAdmissionPolicy '(?P<name>[^']+)' .*denied request: (?P<what>.*)$")
_ACCOUNT = re.compile(r"(?:serviceaccount|service account) \"?(?P<name>[^\"\s:]+)\"? (?:was )?not found", re.IGNORECASE)
_PRIORITY = re.compile(r"no PriorityClass with name (?P<name>\S+) was found")
_INVALID = re.compile(r"is invalid: (?P<what>.+)$")


class Refusal(Struct, frozen=True, gc=False):
    reason: str
    words: str
    """One line: what is refused and what would be needed."""
    related: tuple[Ref, ...] = ()


def refusal(message: str, namespace: str) -> Refusal:
    """What the server's words mean; what is not known is repeated as it stands."""
    text = plain(message)
    if (found := _QUOTA.search(text)) is not None:
        quota = found["name"]
        return Refusal(
            "quota", f"quota {quota} is used up: {_amounts(found)}", (Ref("ResourceQuota", quota, namespace),)
        )
    if (found := _QUOTA_SILENT.search(text)) is not None:
        quota, what = found["name"], found["what"]
        words = f"quota {quota} wants every Pod to say {what}, and the template does not"
        return Refusal("quota-unspecified", words, (Ref("ResourceQuota", quota, namespace),))
    if (found := _SECURITY.search(text)) is not None:
        words = f"namespace {namespace} enforces Pod Security {found['level']}: {found['what']}"
        return Refusal("pod-security", words, (Ref("Namespace", namespace),))
    if (found := _WEBHOOK_DOWN.search(text)) is not None:
        service = _WEBHOOK_SERVICE.search(found["what"])
        related = (Ref("Service", service["service"], service["namespace"]),) if service else ()
        return Refusal("webhook-down", f"admission webhook {found['name']} does not answer: {found['what']}", related)
    if (found := _WEBHOOK_DENIED.search(text)) is not None:
        return Refusal("webhook-denied", f"admission webhook {found['name']} says no: {found['what']}")
    if (found := _POLICY.search(text)) is not None:
        return Refusal("policy-denied", f"admission policy {found['name']} says no: {found['what']}")
    if (found := _ACCOUNT.search(text)) is not None:
        name = found["name"].rsplit("/", 1)[-1]
        words = f"ServiceAccount {name} does not exist in namespace {namespace}"
        return Refusal("missing-serviceaccount", words, (Ref("ServiceAccount", name, namespace),))
    if (found := _PRIORITY.search(text)) is not None:
        name = found["name"]
        return Refusal("missing-priorityclass", f"PriorityClass {name} does not exist", (Ref("PriorityClass", name),))
    if "is being terminated" in text:
        return Refusal("namespace-terminating", f"namespace {namespace} is being deleted")
    forbidden = text.partition(" is forbidden: ")[2]
    if forbidden and (found := _LIMIT.search(forbidden.lstrip("["))) is not None:
        return Refusal("limit-range", f"a LimitRange of namespace {namespace} forbids it: {found['what']}")
    if (found := _INVALID.search(text)) is not None:
        return Refusal("invalid", f"the Pods that the template makes are invalid: {found['what']}")
    return Refusal("", forbidden or text)


def _amounts(found: re.Match[str]) -> str:
    """`requests.cpu: 500m more wanted, 1800m of 2 used (300m too much)`"""
    asked, used, limited = (_pairs(found[name]) for name in ("requested", "used", "limited"))
    parts = []
    for resource, amount in asked.items():
        want, have, most = quantity(amount), quantity(used.get(resource, "")), quantity(limited.get(resource, ""))
        if want is None or have is None or most is None:
            parts.append(f"{resource}: {amount} more wanted, {used.get(resource)} of {limited.get(resource)} used")
            continue
        over = amount_text(resource, want + have - most)
        parts.append(
            f"{resource}: {amount} more wanted, {used[resource]} of {limited[resource]} used ({over} too much)"
        )
    return "; ".join(parts)


def _pairs(text: str) -> dict[str, str]:
    return {name: amount for name, _, amount in (part.partition("=") for part in text.split(",")) if amount}


def allows_now(message: str, namespace: str, quotas: Mapping[str, ResourceQuota]) -> bool | None:
    """Whether the quota that refused would let the same through by what it counts now; None when it is no quota's
    refusal or the quota cannot be seen.
    """
    found = _QUOTA.search(plain(message))
    quota = quotas.get(f"{namespace}/{found['name']}") if found else None
    if found is None or quota is None:
        return None
    for resource, amount in _pairs(found["requested"]).items():
        want, have = quantity(amount), quantity(quota.status.used.get(resource, ""))
        most = quantity(quota.status.hard.get(resource, ""))
        if want is None or have is None or most is None or want + have > most:
            return False
    return True
