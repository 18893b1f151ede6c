"""From a verb's key to its dialogs: who is meant, what has to be asked, and then the Plan."""

from __future__ import annotations

from textual.app import App
from textual.content import Content

from kubectl_goweb import tables
from kubectl_goweb.actions.requests import Request
from kubectl_goweb.actions.verbs import Subject, Verb, ref_of, request
from kubectl_goweb.status.workloads import Workload
from kubectl_goweb.tui.offers import Offer
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.words import lines, table_lines

_REVISIONS = 8


def act(app: App[None], stage: Stage, offer: Offer) -> None:
    """Go on with what was offered, or say why nothing is. The object stays the one that was selected now."""
    from kubectl_goweb.tui.screens.asking import AskDialog  # not before the first screen is there
    from kubectl_goweb.tui.screens.plan import PlanDialog

    verb, target = offer.verb, ref_of(offer.subject)
    if verb is None:
        app.notify(offer.why_not, title=target.short, severity="warning", markup=False)
        return

    def plan(wanted: Request | None) -> None:
        if wanted is not None:
            app.push_screen(PlanDialog(verb, wanted, stage.source, stage.session))

    if not verb.asks:
        plan(request(verb.id, target))
        return
    value, facts = _known(verb, offer.subject, stage)
    app.push_screen(AskDialog(verb, target, value, facts, request), plan)


def _known(verb: Verb, subject: Subject, stage: Stage) -> tuple[str, Content]:
    """What the field begins with, and what helps to fill it."""
    if not isinstance(subject, Workload):
        return "", Content("")
    if verb.asks == "replicas":
        return str(subject.counts.desired), Content("")
    if verb.asks == "revision" and stage.view is not None:
        shown = tables.revisions(subject.revisions[:_REVISIONS], stage.view.now)
        return "", lines(table_lines(shown, 60, ellipsis=stage.ellipsis))
    return "", Content("")
