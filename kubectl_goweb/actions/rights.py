"""Asks once what the user may do in a namespace, so that keys which cannot work are grey before they are pressed."""

from __future__ import annotations

from kubectl_goweb.actions.asking import Reader, may_not
from kubectl_goweb.actions.verbs import VERBS, Rights
from kubectl_goweb.hands import Hands
from kubectl_goweb.status.verdicts import Ref

_HANDS = 4


def rights(connection: Reader, namespace: str, *, read_only: str = "", stale: str = "") -> Rights:
    """What the server would let the user do with any workload of the namespace (all of them when it is empty), and with
    nodes: one SelfSubjectAccessReview a permission, in parallel. What it does not answer counts as allowed: then the
    write itself is refused.
    """
    wanted: dict[str, tuple[Ref, str]] = {}
    for verb in VERBS:
        for kind in verb.kinds:
            if not verb.needs(kind):
                continue
            ref = Ref(kind, "", "" if kind == "Node" else namespace)
            wanted[verb.needs(kind)] = (ref, verb.subresource)
    with Hands(_HANDS, "rights") as hands:
        reasons = list(hands.map(lambda key: may_not(connection, wanted[key][0], wanted[key][1]), wanted))
    denied = frozenset(key for key, why in zip(wanted, reasons, strict=True) if why)
    return Rights(read_only, stale, denied)
