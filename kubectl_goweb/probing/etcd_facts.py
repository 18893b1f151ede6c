"""What a Prometheus that scrapes etcd itself knows of it; most do not, and then nothing is told."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from kubectl_goweb.objects.facts import ServerFacts
from kubectl_goweb.probing.prometheus import Prometheus
from kubectl_goweb.probing.promql import PromError


def with_etcd(known: ServerFacts, prometheus: Prometheus, queries: Mapping[str, str]) -> ServerFacts:
    """`queries` are ETCD_QUERIES. Whatever fails leaves that as it was: nodes tell whether Prometheus answers."""
    found: dict[str, float] = {}
    for name, promql in queries.items():
        try:
            told = prometheus.ask(promql)
        except PromError:
            return known
        if told:
            found[name] = told[0].value
    leader = found.get("etcd_leader")
    has_leader = None if leader is None else leader >= 1
    return structs.replace(known, quota_used=found.get("etcd_quota"), has_leader=has_leader)
