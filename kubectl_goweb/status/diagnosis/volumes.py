"""Volumes that are there and cannot be used: reached only from elsewhere, or none that fits a claim."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.scheduling import NodeSelectorTerm
from kubectl_goweb.objects.storage import PersistentVolume, PersistentVolumeClaim
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import Case, Group
from kubectl_goweb.status.quantities import quantity
from kubectl_goweb.status.verdicts import Evidence

_HOSTNAME = "kubernetes.io/hostname"


def where_volumes_are(group: Group) -> Evidence | None:
    """From where alone the volumes of a Pod's claims can be reached, and whether that is still there.

    https://kubernetes.io/docs/concepts/storage/persistent-volumes/#node-affinity
    """
    spec, case = group.case.spec_of(group.pod), group.case
    names = (
        [one.persistent_volume_claim.claim_name for one in spec.volumes if one.persistent_volume_claim] if spec else []
    )
    for name in names:
        claim = case.snapshot.claims.get(f"{case.ref.namespace}/{name}")
        volume = case.snapshot.volumes.get(claim.spec.volume_name) if claim else None
        affinity = volume.spec.node_affinity if volume else None
        if volume is not None and affinity is not None and affinity.required is not None:
            where = " or ".join(_place(term) for term in affinity.required.node_selector_terms)
            text = f"volume {volume.name} of claim {name} can only be reached where {where}"
            return Evidence("spec.nodeAffinity", plain(text + _gone(case, affinity.required.node_selector_terms)))
    return None


def _place(term: NodeSelectorTerm) -> str:
    return " and ".join(f"{one.key} {one.operator} {', '.join(one.values)}" for one in term.match_expressions)


def _gone(case: Case, terms: Iterable[NodeSelectorTerm]) -> str:
    """That the node, the only one from which it could be reached, is not there; empty when it is, or is not known."""
    expressions = [one for term in terms for one in term.match_expressions]
    if not case.index.sees(Kind.NODE) or any(one.key != _HOSTNAME or one.operator != "In" for one in expressions):
        return ""
    names = {name for one in expressions for name in one.values}
    if not names or not names.isdisjoint(case.snapshot.nodes):
        return ""
    return f": there is no node {', '.join(sorted(names))} (any more)"


def why_none_fits(claim: PersistentVolumeClaim, volumes: Iterable[PersistentVolume]) -> str:
    """What the volume lacks that comes nearest to a claim; empty when no volume of its class is there."""
    wanted, modes = claim.spec.resources.requests.get("storage", ""), set(claim.spec.access_modes)
    found = []
    for one in volumes:
        if one.spec.storage_class_name != (claim.spec.storage_class_name or ""):
            continue
        size, ref, lacks = one.spec.capacity.get("storage", ""), one.spec.claim_ref, []
        if ref is not None and (ref.namespace, ref.name) != (claim.namespace, claim.name):
            lacks.append(f"is claimed by {ref.namespace}/{ref.name}")
        elif one.status.phase not in ("Available", ""):
            lacks.append(f"is {one.status.phase}")
        has, needs = quantity(size), quantity(wanted)
        if has is not None and needs is not None and has < needs:
            lacks.append(f"has {size} of {wanted}")
        if not modes <= set(one.spec.access_modes):
            lacks.append(f"offers {', '.join(one.spec.access_modes)}, not {', '.join(sorted(modes))}")
        if lacks:
            found.append((len(lacks), ref is not None, one.name, " and ".join(lacks)))
    return f"{min(found)[2]} comes nearest, and {min(found)[3]}" if found else ""
