"""A release as a Plan: what `render`, `diff` and `deploy` share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from kubectl_goweb.actions.plan import Caution, Danger, Plan, Write
from kubectl_goweb.actions.pointers import fingerprint
from kubectl_goweb.actions.prepare import history
from kubectl_goweb.actions.requests import Undo
from kubectl_goweb.cli.delivery.service_file import Here
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.delivery import release
from kubectl_goweb.delivery.differences import Difference, text
from kubectl_goweb.delivery.kinds import short
from kubectl_goweb.delivery.manifests import Body, Release, objects
from kubectl_goweb.delivery.manifests.configuration import env_secret
from kubectl_goweb.errors import ForbiddenError
from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.status.secrets import looks_secret, without_secrets
from kubectl_goweb.status.template_changes import Change
from kubectl_goweb.status.verdicts import Ref, Severity

_LONGEST = 200


def declare_conflicts(parser: Parser) -> None:
    parser.add_argument(
        "--force-conflicts", action="store_true", help="take over fields that other managers have set, as kubectl does"
    )


def access_of(args: Arguments, here: Here, environment: Environment, *, prefer_file: bool = False) -> Access:
    """The cluster, and the namespace: the command line's, else the file's, else the context's. `prefer_file` where the
    command line speaks for several environments.
    """
    access = resolve(overrides(args), environment.environ, environment.home)
    given, named = getattr(args, "namespace", ""), here.reading.file.namespace
    wanted = ((named or given) if prefer_file else (given or named)) or access.namespace
    return msgspec.structs.replace(access, namespace=wanted)


def plan(
    args: Arguments,
    connection: Connection,
    wanted: Release,
    *,
    cautions: Sequence[Caution] = (),
    notes: Sequence[str] = (),
) -> Plan:
    """Ask the server, and say what would be done."""
    namespace, context = connection.access.namespace, connection.access.context
    seen = release.outlook(connection, objects(wanted), namespace, force=args.force_conflicts)
    deployment = next(step for step in seen.steps if step.body["kind"] == "Deployment")
    target = Ref("Deployment", wanted.file.name, namespace)
    back = _way_back(connection, target, seen) if deployment.rolls_out else _WayBack(why="apply an earlier goweb.yaml")
    return Plan(
        verb="deploy",
        target=target,
        uid=deployment.uid,
        context=context,
        sentence=f"deploy {wanted.file.name} {wanted.version or wanted.image}",
        done="deployed",
        writes=tuple(_writes(seen)),
        nothing="everything is as goweb.yaml says" if seen.is_nothing else "",
        changes=tuple(_changes(seen)),
        kubectl="kubectl goweb render | kubectl apply --server-side --field-manager=kubectl-goweb -f -",
        danger=Danger.ROLLING if deployment.rolls_out else Danger.LIGHT,
        cautions=(*_missing(seen, wanted), *cautions, *_takeovers(seen)),
        notes=(*notes, *seen.notes),
        inverse=back.inverse,
        one_way=back.why,
        stays=back.stays,
        before=back.before,
    )


class _WayBack(Struct, frozen=True):
    """To the Pod template that is there now, with the ConfigMap that it names: that is what Kubernetes records."""

    inverse: Undo | None = None
    why: str = ""
    """None when there is no way back."""
    stays: str = ""
    before: Mapping[str, str] = {}


def _way_back(connection: Connection, target: Ref, seen: release.Outlook) -> _WayBack:
    try:
        facts = history(connection, target)
    except ForbiddenError as error:
        return _WayBack(why=f"what is recorded may not be seen: {error.sentence}")
    if facts.current is None:
        return _WayBack(why="the present Pod template is not among the recorded ones")
    changed = [change.field for change in _changes(seen)]
    recorded = (f"{target.kind} {target.name} spec.template", "ConfigMap ")
    others = dict.fromkeys(one for one in changed if not one.startswith(recorded))
    before = {"/spec/template": fingerprint(facts.template)}
    return _WayBack(Undo(target, recorded=facts.current.name), stays=", ".join(others), before=before)


def _writes(seen: release.Outlook) -> Iterator[Write]:
    for step in seen.steps:
        if step.changes:
            yield Write(
                "PATCH", step.path, msgspec.json.encode(step.body), release.APPLY, release.query(force=step.force)
            )
    for extra in seen.extras:
        body = {"preconditions": {"uid": extra.uid}, "propagationPolicy": "Background"}
        yield Write("DELETE", extra.path, msgspec.json.encode(body), "application/json")


def _changes(seen: release.Outlook) -> Iterator[Change]:
    for step in seen.steps:
        if step.is_new:
            yield Change(short(step.body), None, _gist(step.body))
        for one in step.differences:
            yield Change(f"{short(step.body)} {one.field}", _shown(one, one.before), _shown(one, one.after))
    for extra in seen.extras:
        yield Change(f"{extra.kind} {extra.name}", "made by goweb, not in the file any more", None)


def _gist(body: Body) -> str:
    """What a new object is, in a few words."""
    spec = body.get("spec", {})
    match body["kind"]:
        case "Deployment":
            container = spec["template"]["spec"]["containers"][0]
            return f"new, {spec.get('replicas', '?')} replicas of {container['image']}"
        case "Service":
            return f"new, port {spec['ports'][0]['port']}"
        case "Ingress":
            return f"new, host {spec['rules'][0]['host']}"
        case "ConfigMap":
            return f"new, with {', '.join(body['data'])}"
        case _:
            return "new"


def _shown(one: Difference, value: object) -> str | None:
    """A value as it may be shown: never a secret."""
    if value is not None and looks_secret(one.field.rpartition("env[")[2].partition("]")[0]) and ".value" in one.field:
        return "(hidden)"
    told = text(without_secrets(value))
    return told if told is None or len(told) <= _LONGEST else told[:_LONGEST] + "…"


def _missing(seen: release.Outlook, wanted: Release) -> Iterator[Caution]:
    for name in seen.missing:
        how = "make it: kubectl goweb config --apply" if name == env_secret(wanted) else "make it first"
        said = f"Secret {name} is not there: new Pods will not start; {how}"
        yield Caution("GW-DEPLOY-SECRET-GONE", Severity.CRITICAL, said)


def _takeovers(seen: release.Outlook) -> Iterator[Caution]:
    for step in seen.steps:
        for one in step.taken:
            own = one.manager.startswith(release.MANAGER)
            by = "an earlier kubectl goweb command" if own else one.manager
            said = f"{short(step.body)}: {one.field.lstrip('.')} was set by {by}, and is taken over"
            yield Caution("GW-DEPLOY-TAKEOVER", Severity.INFO if own else Severity.WARNING, said)
