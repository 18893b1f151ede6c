"""Who is meant by a label selector or a node selector. Follows k8s.io/apimachinery/pkg/labels and
k8s.io/component-helpers/scheduling/corev1/nodeaffinity.
"""

from __future__ import annotations

from collections.abc import Mapping

from kubectl_goweb.objects.apps import LabelSelector
from kubectl_goweb.objects.scheduling import NodeRequirement, NodeSelector, NodeSelectorTerm


def selects(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """Whether these labels are meant: None selects nothing, an empty selector everything."""
    if selector is None:
        return False
    return all(labels.get(key) == value for key, value in selector.match_labels.items()) and all(
        _holds(one.operator, one.values, labels.get(one.key)) for one in selector.match_expressions
    )


def is_empty(selector: LabelSelector) -> bool:
    return not selector.match_labels and not selector.match_expressions


def node_is_selected(selector: NodeSelector, name: str, labels: Mapping[str, str]) -> bool:
    """Whether one of the selector's terms holds for the node."""
    return any(term_holds(term, name, labels) for term in selector.node_selector_terms)


def term_holds(term: NodeSelectorTerm, name: str, labels: Mapping[str, str]) -> bool:
    """Whether all of the term holds for the node; a term without anything holds for none."""
    if not term.match_expressions and not term.match_fields:
        return False
    return all(requirement_holds(one, labels) for one in term.match_expressions) and all(
        one.key == "metadata.name" and requirement_holds(one, {one.key: name}) for one in term.match_fields
    )


def requirement_holds(one: NodeRequirement, labels: Mapping[str, str]) -> bool:
    return _holds(one.operator, one.values, labels.get(one.key))


def _holds(operator: str, values: tuple[str, ...], value: str | None) -> bool:
    """NotIn holds for what has no such label; Gt and Lt only for whole numbers; an unknown operator never."""
    match operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt":
            have, limit = _whole(value), _whole(values[0] if len(values) == 1 else None)
            if have is None or limit is None:
                return False
            return have > limit if operator == "Gt" else have < limit
        case _:
            return False


def _whole(text: str | None) -> int | None:
    if text is None:
        return None
    digits = text.removeprefix("-").removeprefix("+")
    return int(text) if digits.isascii() and digits.isdigit() else None


def requirement_text(key: str, operator: str, values: tuple[str, ...]) -> str:
    """`disktype in (ssd, nvme)`, as kubectl writes set-based selectors."""
    match operator:
        case "In" | "NotIn":
            if operator == "In" and len(values) == 1:
                return f"{key}={values[0]}"
            return f"{key} {'in' if operator == 'In' else 'notin'} ({', '.join(values)})"
        case "Exists":
            return key
        case "DoesNotExist":
            return f"!{key}"
        case "Gt" | "Lt":
            return f"{key} {'>' if operator == 'Gt' else '<'} {', '.join(values)}"
        case _:
            return f"{key} {operator} ({', '.join(values)})"


def selector_text(selector: LabelSelector | None) -> str:
    """`app=web,tier in (a, b)`; `nothing` and `everything` for the selectors that are so."""
    if selector is None:
        return "nothing"
    parts = [f"{key}={value}" for key, value in selector.match_labels.items()]
    parts += [requirement_text(one.key, one.operator, one.values) for one in selector.match_expressions]
    return ",".join(parts) or "everything"
