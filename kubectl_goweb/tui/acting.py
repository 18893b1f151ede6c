"""From a verb's key to its dialogs: who is meant, what has to be asked, the Plan, and what comes after it is done."""

from __future__ import annotations

from typing import NamedTuple

from textual.app import App
from textual.content import Content

from kubectl_goweb import tables
from kubectl_goweb.actions.apply import Applied
from kubectl_goweb.actions.entries import Entry
from kubectl_goweb.actions.requests import Drain, Request
from kubectl_goweb.actions.typed import request
from kubectl_goweb.actions.verbs import Subject, Verb, ref_of
from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.isolation import Effect
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.status.workloads import Workload
from kubectl_goweb.tui import guarding, jobbing
from kubectl_goweb.tui.choice import Choice
from kubectl_goweb.tui.offers import Offer, rights
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.viewing import ViewScreen
from kubectl_goweb.tui.words import lines, table_lines

_REVISIONS = 8
_ASKS = {
    "replicas": "how many Pods",
    "revision": "which revision; empty: the last one that was fully available",
    "reason": "why, for whoever looks next",
    "flags": "force, delete-emptydir-data, or nothing",
    "image": "nginx:1.27, or web=nginx:1.27 log=fluent:3",
}
_PACES = {
    "": "at once",
    "1,50%": "canary 1, 50 %",
    "1,25%,50%": "canary 1, 25 %, 50 %",
}
"""Steps of a canary, as `kubectl goweb canary --steps` takes them."""
_TAINTS: dict[str, Effect] = {"": "", "NoSchedule": "NoSchedule", "NoExecute": "NoExecute"}


def act(app: App[None], stage: Stage, offer: Offer, selected: str = "") -> None:
    """Go on with what was offered, or say why nothing is. The object stays the one that was selected now; `selected` is
    the row, which may be a part of it.
    """
    from kubectl_goweb.tui.screens.asking import AskDialog  # not before the first screen is there

    verb, subject, target = offer.verb, offer.subject, ref_of(offer.subject)
    if verb is None:
        app.notify(offer.why_not, title=target.short, severity="warning", markup=False)
    elif isinstance(subject, Entry):
        _revert(app, stage, verb, subject)
    elif verb.id == "guard":
        _guard(app, stage, verb, subject, target)
    elif not verb.asks:
        _plan(app, stage, verb, request(verb.id, target))
    else:

        def asked(wanted: _Wanted | None) -> None:
            if wanted is None:
                return
            if wanted.steps:
                jobbing.canary(app, stage, target, wanted.given.split(), wanted.steps, lambda: _show_job(app))
            else:
                _plan(app, stage, verb, wanted.request)

        def read(given: str, chosen: str) -> _Wanted:
            taint = _TAINTS[chosen] if verb.id == "isolate" else ""
            steps = chosen if verb.asks == "image" else ""
            return _Wanted(request(verb.id, target, given, taint=taint), given, steps)

        value, facts = _known(verb, subject, stage, selected)
        dialog: AskDialog[_Wanted] = AskDialog(
            f"{verb.title} {target.short}: {_ASKS[verb.asks]}",
            read,
            placeholder=_ASKS[verb.asks],
            value=value,
            facts=facts,
            choice=_choice(verb, target, stage),
        )
        app.push_screen(dialog, asked)


def _show_job(app: App[None]) -> None:
    if getattr(app.screen, "place", "") != jobbing.PLACE:
        app.post_message(ViewScreen.Open(jobbing.PLACE))


class _Wanted(NamedTuple):
    """What was typed and chosen; with `steps` it is to be released step by step."""

    request: Request
    given: str
    steps: str


def _known(verb: Verb, subject: Subject, stage: Stage, selected: str) -> tuple[str, Content | None]:
    """What the field begins with, and what helps to fill it."""
    if verb.asks == "reason":
        return "", Content(
            "NoSchedule keeps Pods of DaemonSets away too, NoExecute ends its Pods at once (Tab, then →)"
        )
    if not isinstance(subject, Workload):
        return "", None
    if verb.asks == "image" and subject.ref.kind == Kind.DEPLOYMENT:
        return "", Content(
            "a canary is held at each step, and new Pods are compared with old ones for 60 s (Tab, then →)"
        )
    if verb.asks == "replicas":
        return str(subject.counts.desired), None
    if verb.asks == "revision" and stage.view is not None:
        shown = tables.revisions(subject.revisions[:_REVISIONS], stage.view.now)
        name = selected.partition("#")[0].rpartition("/")[2]
        meant = [str(one.number) for one in subject.revisions if one.name == name and not one.is_current]
        return "".join(meant), lines(table_lines(shown, 60, ellipsis=stage.ellipsis))
    return "", None


def _choice(verb: Verb, target: Ref, stage: Stage) -> Choice | None:
    """What is chosen beside what is typed."""
    if verb.id == "isolate":
        return Choice("taint", [(value, value or "none") for value in _TAINTS])
    if verb.asks == "image" and target.kind == Kind.DEPLOYMENT and stage.desk is not None:
        return Choice("release", list(_PACES.items()))
    return None


def _plan(app: App[None], stage: Stage, verb: Verb, wanted: Request) -> None:
    """Show what would be done; when it is done, follow the drain or the rollout."""
    from kubectl_goweb.tui.screens.plan import PlanDialog

    source = stage.source

    def done(applied: Applied, policy: str) -> None:
        if isinstance(wanted, Drain):
            from kubectl_goweb.tui.screens.draining import DrainDialog  # few sessions drain a node

            app.push_screen(DrainDialog(applied.plan, wanted, source))
        _guard_done(app, stage, applied, policy)

    app.push_screen(PlanDialog(verb.title, wanted.target, lambda: source.plan(wanted), stage, done))


def _revert(app: App[None], stage: Stage, verb: Verb, entry: Entry) -> None:
    from kubectl_goweb.tui.screens.plan import PlanDialog

    source = stage.source
    app.push_screen(
        PlanDialog(
            verb.title,
            entry.target,
            lambda: source.revert(entry),
            stage,
            lambda applied, policy: _guard_done(app, stage, applied, policy),
        )
    )


# --- guards


def _guard_done(app: App[None], stage: Stage, applied: Applied, policy: str) -> None:
    if policy and applied.is_done:
        from kubectl_goweb.actions.guard.orders import way_back
        from kubectl_goweb.actions.guard.terms import OnFailure

        plan = applied.plan
        guarding.begin(app, stage, plan.target, OnFailure(policy), way_back(plan))


def _guard(app: App[None], stage: Stage, verb: Verb, subject: Subject, target: Ref) -> None:
    """Go to the guard that there is; where that is shown already, or there is none, ask and begin one."""
    known = stage.guards.of(target.key)
    if known is not None and getattr(app.screen, "place", "") != guarding.place(target):
        app.post_message(ViewScreen.Open(guarding.place(target)))
        return
    if known is not None and known.is_going:
        app.notify("it is guarded already; x leaves the guard", title=target.short, markup=False)
        return
    if stage.view is None:
        return
    mine = rights(stage.view, stage.session, stage.denied, target.kind)
    if why_not := verb.allowed(subject, mine):
        app.notify(why_not, title=target.short, severity="warning", markup=False)
        return
    _ask_policy(app, stage, verb, target, why_only_told=verb.forbidden(target.kind, mine))


def _ask_policy(app: App[None], stage: Stage, verb: Verb, target: Ref, *, why_only_told: str) -> None:
    from kubectl_goweb.actions.guard.terms import OnFailure, policies
    from kubectl_goweb.actions.guard.wording import policy_words
    from kubectl_goweb.tui.screens.asking import AskDialog

    possible = (OnFailure.NONE,) if why_only_told else policies(target.kind)

    def asked(policy: OnFailure | None) -> None:
        if policy is not None:
            guarding.begin(app, stage, target, policy)

    dialog: AskDialog[OnFailure] = AskDialog(
        f"{verb.title} {target.short}",
        lambda _, policy: OnFailure(policy),
        facts=Content(plain(f"{verb.says}{'; ' + why_only_told if why_only_told else ''} (Enter: begin)")),
        choice=Choice("when it fails", [(one, policy_words(one)) for one in possible]),
    )
    app.push_screen(dialog, asked)
