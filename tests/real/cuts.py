"""Services that time out because a NetworkPolicy drops what they ask for, and services that time out beside a policy
that has no part in it.
"""

from __future__ import annotations

from typing import Any

from .harness.enforcing import LABEL
from .sickness import Json, Sick, deployment, probe, service

WALLED = "203.0.113.9"
"""Nobody answers there: a firewall that no object tells of drops what goes to it."""
DNS = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}


def policy(name: str, app: str, **spec: Any) -> Json:
    """One that is enforced, for the Pods of an app; `ingress` or `egress` are its rules."""
    types = [word.capitalize() for word in spec]
    meta = {"name": name, "labels": {LABEL: "true"}}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta,
            "spec": {"podSelector": {"matchLabels": {"app": app}}, "policyTypes": types, **spec}}  # fmt: skip


def of(app: str) -> Json:
    return {"podSelector": {"matchLabels": {"app": app}}}


def cuts(image: str, resolver: str, elsewhere: str) -> list[Sick]:
    """`resolver` is the address of a name server, `elsewhere` that of a Service of another namespace, which a policy
    there keeps to itself.
    """
    resolving = {"dnsPolicy": "None", "dnsConfig": {"nameservers": [resolver]}}
    served = [one for name in ("store", "ledger") for one in (
        deployment(name, image, "serve", ready=probe(), ports=[{"containerPort": 8080, "name": "http"}]),
        service(name, name, "http"))]  # fmt: skip
    return [
        Sick("orders-egress", "GW-NETPOL-CUTS", "egress", "keeps deploy/orders from what is needed", [
            *served, deployment("orders", image, "dial", "$(STORE_SERVICE_HOST):80"),
            policy("orders-egress", "orders", egress=[DNS, {"to": [of("ledger")]}])]),
        Sick("ledger-gate", "GW-NETPOL-CUTS", "ingress", "keeps deploy/billing from what is needed", [
            deployment("billing", image, "serve-without", "$(LEDGER_SERVICE_HOST):80", ready=probe(timeoutSeconds=3)),
            policy("ledger-gate", "ledger", ingress=[{"from": [of("auditor"), of("orders")]}])]),
        Sick("mailer-egress", "GW-NETPOL-CUTS", "dns", "keeps deploy/mailer from what is needed", [
            deployment("mailer", image, "dial", "store.shop.svc.cluster.local:80", pod=resolving),
            policy("mailer-egress", "mailer", egress=[{"to": [of("store")]}])]),
        # The policies of these let through what they ask for; it is dropped elsewhere.
        Sick("payer", "GW-POD-CRASHLOOP", "dependency-timeout", WALLED, [
            deployment("payer", image, "dial", f"{WALLED}:5432"),
            policy("payer-egress", "payer", egress=[DNS, {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}])]),
        Sick("asker", "GW-POD-CRASHLOOP", "dependency-timeout", elsewhere, [
            deployment("asker", image, "dial", f"{elsewhere}:80"),
            policy("asker-egress", "asker", egress=[DNS, {"to": [{"namespaceSelector": {}}]}])]),
    ]  # fmt: skip
