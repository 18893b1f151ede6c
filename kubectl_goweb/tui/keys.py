"""Every key of the cockpit, declared once: the screens bind them, the footer and the help show them, settings remap
them by id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from kubectl_goweb.actions.verbs import VERBS, Verb
from kubectl_goweb.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    """Stable: settings name it."""
    keys: str
    """Textual's names, separated by commas."""
    action: str
    """The `action_` method of the class that binds it."""
    says: str
    """What it does, in the help."""
    label: str = ""
    """The word in the footer; without one it is not shown there."""
    shown_as: str = ""


TABLE = (
    Key("table.open", "enter", "open", "open what is selected", "Open", "Enter"),
    Key("table.down", "down,j", "move(1)", "select the next row", shown_as="Down j"),
    Key("table.up", "up,k", "move(-1)", "select the row above", shown_as="Up k"),
    Key("table.page-down", "pagedown,ctrl+f", "page(1)", "a page down", shown_as="PgDn ^f"),
    Key("table.page-up", "pageup,ctrl+b", "page(-1)", "a page up", shown_as="PgUp ^b"),
    Key("table.top", "home,g", "top", "select the first row", shown_as="Home g"),
    Key("table.bottom", "end,G", "bottom", "select the last row", shown_as="End G"),
    Key("table.sort-right", "greater_than_sign", "sort(1)", "sort by the next column", shown_as=">"),
    Key("table.sort-left", "less_than_sign", "sort(-1)", "sort by the column before", shown_as="<"),
    Key("table.sort-age", "A", "sort_by('age')", "sort by age; again: the other way round"),
    Key("table.sort-restarts", "R", "sort_by('restarts')", "sort by restarts"),
    Key("table.reverse", "I", "reverse", "turn the order round"),
)
SCROLL = (
    Key("details.down", "down,j", "scroll_down", "a line down", shown_as="Down j"),
    Key("details.up", "up,k", "scroll_up", "a line up", shown_as="Up k"),
    Key("details.page-down", "pagedown,ctrl+f", "page_down", "a page down", shown_as="PgDn ^f"),
    Key("details.page-up", "pageup,ctrl+b", "page_up", "a page up", shown_as="PgUp ^b"),
    Key("details.top", "home,g", "scroll_home", "the beginning", shown_as="Home g"),
    Key("details.bottom", "end,G", "scroll_end", "the end", shown_as="End G"),
)


def _verb_keys() -> tuple[Key, ...]:
    """The verbs' own keys; two of them may share one, as never both can be done."""
    shared: dict[str, list[Verb]] = {}
    for one in VERBS:
        if one.key:
            shared.setdefault(one.key, []).append(one)
    return tuple(
        Key(
            f"verb.{verbs[0].id}",
            key,
            f"verb({key!r})",
            "; ".join(f"{one.title.lower()}: {one.says}" for one in verbs),
            verbs[0].title,
        )
        for key, verbs in shared.items()
    )


VERB = _verb_keys()
LOG = (
    Key("log.down", "down,j", "move(1)", "a line down", shown_as="Down j"),
    Key("log.up", "up,k", "move(-1)", "a line up; stops following", shown_as="Up k"),
    Key("log.page-down", "pagedown,ctrl+f,space", "page(1)", "a page down", shown_as="PgDn ^f"),
    Key("log.page-up", "pageup,ctrl+b", "page(-1)", "a page up", shown_as="PgUp ^b"),
    Key("log.top", "home,g", "top", "the first line", shown_as="Home g"),
    Key("log.bottom", "end,G", "bottom", "the last line, and follow", shown_as="End G"),
    Key("log.follow", "f", "follow", "follow what comes, or stop", "Follow"),
    Key("log.wrap", "w", "wrap", "wrap long lines, or shift them with left and right", "Wrap"),
    Key("log.timestamps", "t", "timestamps", "show when each line was written", "Times"),
    Key("log.raw", "v", "raw", "show lines as they were written, or made readable", "Raw"),
    Key("log.left", "left", "shift(-1)", "shift to the left, where lines are not wrapped", shown_as="Left"),
    Key("log.right", "right", "shift(1)", "shift to the right", shown_as="Right"),
    Key("log.next", "n", "find(1)", "the next line that the filter finds"),
    Key("log.previous-match", "N", "find(-1)", "the line before that the filter finds"),
)
LOGS = (
    Key("logs.all", "a", "all", "show all lines around what the filter finds, or only those", "Around"),
    Key("logs.previous", "p", "previous", "the run before this one, or this one again", "Previous"),
    Key("logs.since", "s", "since", "how far back: the newest lines, 5 minutes, an hour, all", "Since"),
    Key("logs.save", "ctrl+s", "save", "save what is shown to a file", "Save", "^s"),
)
VIEW = (
    Key("view.back", "escape", "back", "clear the filter, or go back", "Back", "Esc"),
    Key(
        "view.filter",
        "slash",
        "filter",
        "filter: text, /expression/, ~fuzzy, -l label, !not",
        "Filter",
        "/",
    ),
    Key("view.command", "colon", "command", "type a command: pods, ns NAME, sort COLUMN ...", "Go", ":"),
    Key("view.logs", "l", "look('logs')", "the logs of what is selected, followed", "Logs"),
    Key("view.probes", "h", "look('probes')", "probe it as its kubelet does, with history"),
    Key("view.path", "f", "look('path')", "follow a request to it, hop by hop, for real", "Path"),
    Key("view.changes", "m", "look('changes')", "what changed around it, the likeliest culprit first", "Changes"),
    Key("view.keep-probing", "H", "keep_probing", "go on probing it, whatever is looked at; again: no more"),
    Key("view.next", "tab", "next_panel", "go to the next panel", "Panel", "Tab"),
    Key("view.yaml", "y", "look('yaml')", "what is selected, as the API has it", "YAML"),
    Key("view.describe", "v", "look('describe')", "what is selected, described, with its events", "Describe"),
    Key("view.copy", "c", "copy", "copy the name of what is selected, or the text"),
    Key("view.previous", "shift+tab", "previous_panel", "go to the panel before", shown_as="S-Tab"),
)
JOB = (
    Key("job.build", "b", "job('build')", "build the image of goweb.yaml", "Build"),
    Key("job.deploy", "d", "job('deploy')", "build, scan, push and roll out goweb.yaml, guarded", "Deploy"),
)
JOB_SCREEN = (
    Key("job.answer", "enter", "answer", "see what the job asks, and answer it", "Answer", "Enter"),
    Key("job.cancel", "ctrl+k", "cancel", "end the job, with everything that it has started", "Cancel", "^k"),
)
APP = (
    Key("go.overview", "o", "go('overview')", "problems, workloads and nodes"),
    Key("go.pods", "P", "go('pods')", "all Pods of the namespace", "Pods"),
    Key("go.problems", "X", "go('problems')", "everything that is wrong, with its evidence"),
    Key("go.events", "E", "go('events')", "what the cluster warns of"),
    Key("go.nodes", "N", "go('nodes')", "all nodes", "Nodes"),
    Key("go.control-plane", "C", "go('control-plane')", "the parts of the control plane"),
    Key("go.journal", "J", "go('journal')", "what was done with this program, and the way back"),
    Key("go.jobs", "B", "go('jobs')", "the build or deploy under way, or the last one"),
    Key("go.all-namespaces", "0", "recent(0)", "look at all namespaces"),
    *(
        Key(f"go.namespace-{digit}", str(digit), f"recent({digit})", "a namespace looked at before, see n")
        for digit in range(1, 10)
    ),
    Key("go.back", "left_square_bracket", "travel(-1)", "back to where you were", shown_as="["),
    Key(
        "go.forward",
        "right_square_bracket",
        "travel(1)",
        "forward again, or where you last left off",
        shown_as="]",
    ),
    Key("go.namespace", "n", "namespace", "look at another namespace, or at all", "NS"),
    Key("app.theme", "t", "theme", "dark, light, for the colour-blind"),
    Key("app.palette", "ctrl+p", "palette", "everything that can be done, by its name"),
    Key("app.help", "question_mark,f1", "help", "show the keys", "Help", "?"),
    Key("app.quit", "q,ctrl+c", "quit", "leave", "Quit", "q"),
)
COMMAND = (
    Key("command.complete", "tab", "complete", "take the first completion", "Complete", "Tab"),
    Key("command.before", "up", "recall(1)", "what was typed before", "Before", "Up"),
    Key("command.after", "down", "recall(-1)", "what was typed after that"),
    Key("command.cancel", "escape", "cancel", "give it up", "Cancel", "Esc"),
)
DIALOG = (
    Key("dialog.close", "escape", "close", "close without a change", "Close", "Esc"),
    Key("dialog.down", "down,ctrl+n", "move(1)", "the next one", shown_as="Down"),
    Key("dialog.up", "up,ctrl+p", "move(-1)", "the one above", shown_as="Up"),
)
SAVE = (Key("save.close", "escape", "close", "close without saving", "Close", "Esc"),)
CHOICE = (
    Key("choice.next", "right,space", "choose(1)", "choose the next one", shown_as="Right"),
    Key("choice.before", "left", "choose(-1)", "choose the one before", shown_as="Left"),
)
ASK = (
    Key("ask.close", "escape", "close", "close without a change", "Close", "Esc"),
    Key("ask.submit", "enter", "submit", "go on", "Go on", "Enter"),
)
PLAN = (
    Key("plan.confirm", "y", "confirm", "do it", "Do it"),
    Key("plan.guard", "g", "guard", "whether to guard it, and what to do when it fails", "Guard"),
    Key("plan.close", "escape,n", "close", "leave everything as it is", "Cancel", "Esc"),
)
ANSWER = (
    Key("answer.yes", "y", "yes", "do it", "Do it"),
    Key("answer.no", "n", "no", "do not do it; the job ends", "No"),
    Key("answer.later", "escape", "later", "decide later; the job waits", "Later", "Esc"),
)
DRAIN = (Key("drain.leave", "escape", "leave", "evict no more and leave things as they are; close", "Leave", "Esc"),)
GUARD = (Key("guard.leave", "x", "screen.leave_guard", "leave the guard; the rollout goes on as it is", "Leave guard"),)
HELP = (Key("help.close", "escape,question_mark,f1,q", "dismiss", "close the help", "Close", "Esc"),)
GROUPS = (
    ("rows", TABLE),
    ("text", SCROLL),
    ("log lines", LOG),
    ("logs", LOGS),
    ("changes", VERB),
    ("screen", VIEW),
    ("jobs", JOB),
    ("job", JOB_SCREEN),
    ("everywhere", APP),
    ("command line", COMMAND),
    ("dialog", DIALOG),
    ("save", SAVE),
    ("plan", PLAN),
    ("answer", ANSWER),
    ("drain", DRAIN),
    ("guard", GUARD),
    ("choice", CHOICE),
    ("question", ASK),
    ("help", HELP),
)


def bindings(keys: Iterable[Key]) -> list[BindingType]:
    """As Textual takes them; the description is the footer's word, the tooltip the help's sentence."""
    return [
        Binding(
            key.keys,
            key.action,
            key.label or key.says,
            show=bool(key.label),
            key_display=key.shown_as or None,
            tooltip=key.says,
            id=key.id,
        )
        for key in keys
    ]


def check(keymap: Iterable[str]) -> None:
    """SettingsError for a binding that there is not, with the nearest one that there is."""
    known = ids()
    for one in keymap:
        if one not in known:
            import difflib  # only needed to say what was meant

            near = difflib.get_close_matches(one, known, 1)
            hint = f"did you mean {near[0]}?" if near else "docs/keys.md tells them all"
            raise SettingsError(f"no key of the cockpit is called {one!r} (keys in the settings)", hint=hint)


def ids() -> tuple[str, ...]:
    """Every id that a keymap may name."""
    return tuple(key.id for _, group in GROUPS for key in group)
