"""Which findings have to do with one object: its own, those of what stands behind it, and their causes elsewhere."""

from __future__ import annotations

from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.status.overview import Overview
from kubectl_goweb.status.verdicts import Finding, Ref


def relevant(ref: Ref, told: Overview, snapshot: Snapshot) -> tuple[Finding, ...]:
    """In the Overview's order, roots first; with what explains them, whatever object that is about."""
    refs = _meant(ref, told, snapshot)
    pods = _pods(ref, told)
    found = [
        one
        for one in told.findings
        if one.object in refs or refs.intersection(one.related) or pods.intersection(_affected(one))
    ]
    by_id = {one.id: one for one in told.findings}
    ids = {one.id for one in found}
    for one in found:  # which grows: a cause has its own cause
        if one.explained_by not in ids and one.explained_by in by_id:
            ids.add(one.explained_by)
            found.append(by_id[one.explained_by])
    order = {one.id: index for index, one in enumerate(told.findings)}
    return tuple(sorted(found, key=lambda one: (not one.is_root, order[one.id])))


def _affected(one: Finding) -> set[tuple[str, str]]:
    return {(one.object.namespace, name) for name in one.affected}


def _meant(ref: Ref, told: Overview, snapshot: Snapshot) -> set[Ref]:
    """The object and what stands behind it: of an Ingress its Services, of a Service its workloads."""
    refs = {ref}
    if ref.kind == Kind.INGRESS:
        ingress = snapshot.ingresses.get(f"{ref.namespace}/{ref.name}")
        backends = [ingress.spec.default_backend] if ingress and ingress.spec.default_backend else []
        for rule in ingress.spec.rules if ingress else ():
            backends += [path.backend for path in rule.http.paths] if rule.http else []
        refs |= {Ref("Service", one.service.name, ref.namespace) for one in backends if one.service}
    services = {one.name for one in refs if one.kind == Kind.SERVICE}
    for workload in told.workloads:
        if workload.ref.namespace == ref.namespace and services.intersection(e.service for e in workload.endpoints):
            refs.add(workload.ref)
        if workload.ref == ref:
            refs |= {Ref("Service", e.service, ref.namespace) for e in workload.endpoints}
    return refs


def _pods(ref: Ref, told: Overview) -> set[tuple[str, str]]:
    """By namespace and name the Pods that are meant: the Pod itself, or those on a node."""
    if ref.kind == Kind.POD:
        return {(ref.namespace, ref.name)}
    if ref.kind == Kind.NODE:
        return {(pod.namespace, pod.name) for one in told.workloads for pod in one.pods if pod.node == ref.name}
    return set()
