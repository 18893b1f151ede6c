"""Every verb of the command line, declared once: its name, what it does, and the module that does it.

A verb's module has `declare(parser)`, which adds its flags, and `run(args, settings, environment)`, which gives an exit
code; its docstring says after the first colon what the verb does. It is imported when the verb is used, and only then.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from msgspec import Struct

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.settings import Settings


class VerbModule(Protocol):
    __doc__: str | None

    def declare(self, parser: Parser, /) -> None: ...

    def run(self, args: Arguments, settings: Settings, environment: Environment, /) -> Exit: ...


class Verb(Struct, frozen=True):
    name: str
    says: str
    """One line of `--help`."""
    module: str
    """Below kubectl_goweb.cli; several verbs may share one, which then asks `args.verb`."""
    completes: str = ""
    """What its arguments name, for the shell's completion: `workload`, `node`, `entry` (of the journal) or nothing."""

    def load(self) -> VerbModule:
        # What every verb's module offers; there is no type for "module with these functions" to be checked against.
        return cast("VerbModule", import_module(f"kubectl_goweb.cli.{self.module}"))


VERBS = (
    Verb("status", "the verdict in one line a workload, or one workload in full", "status", "workload"),
    Verb("triage", "everything that is wrong, ranked by users hurt", "triage"),
    Verb("why", "why an object is not well, the cause first", "why", "workload"),
    Verb("changes", "what changed before it broke, the likeliest culprit first", "changes", "workload"),
    Verb("path", "follow a request from Ingress or Service to its Pods", "path"),
    Verb("explain", "what a finding's code means and what to do", "explain"),
    Verb("scale", "have another number of Pods", "rollout", "workload"),
    Verb("pause", "hold the rollout", "rollout", "workload"),
    Verb("resume", "let the rollout go on", "rollout", "workload"),
    Verb("restart", "replace every Pod, template unchanged", "rollout", "workload"),
    Verb("undo", "go back to an earlier revision", "rollout", "workload"),
    Verb("abort", "end the rollout: back to the last revision that was fully available", "rollout", "workload"),
    Verb("set-image", "roll out another image", "rollout", "workload"),
    Verb("history", "the recorded revisions of a workload, and what going back to one changes", "history", "workload"),
    Verb("journal", "what was done with this program", "journal", "entry"),
    Verb("revert", "take an entry of the journal back", "journal", "entry"),
    Verb("guard", "follow a rollout, and take it back when it has certainly failed", "guard", "workload"),
    Verb("canary", "release an image step by step, compared with the old Pods", "canary", "workload"),
    Verb("isolate", "take a node out of service, with a reason", "nodes", "node"),
    Verb("rejoin", "take a node back into service", "nodes", "node"),
    Verb("drain", "move every Pod off a node, simulated first", "drain", "node"),
    Verb("init", "write goweb.yaml and Dockerfile for the Go module here", "delivery.init"),
    Verb("validate", "check goweb.yaml", "delivery.validate"),
    Verb("explain-file", "document a key of goweb.yaml", "delivery.explain_file"),
    Verb("render", "print the Kubernetes objects of goweb.yaml", "delivery.render"),
    Verb("diff", "show what deploy would change", "delivery.diff"),
    Verb("pipeline", "from a commit to production in stages", "delivery.pipeline"),
    Verb("deploy", "build, push, apply and guard goweb.yaml", "delivery.deploy"),
    Verb("run", "run the service on this machine", "delivery.run"),
    Verb("config", "sort the .env file into ConfigMap and Secret", "delivery.config"),
    Verb("scan", "look for vulnerabilities and judge them", "delivery.scan"),
    Verb("build", "build the image of goweb.yaml", "delivery.build"),
    Verb("push", "build the image and push it to its registry", "delivery.push"),
    Verb("load", "build the image and load it into a cluster without a registry", "delivery.load"),
    Verb("probe", "ask Pods, Services and URLs as the kubelet would", "probing.probe", "workload"),
    Verb("heal", "watch a health endpoint, and act on a sick Pod within limits", "probing.heal", "workload"),
    Verb("nodes", "how nodes and the control plane are, and how busy", "probing.nodes", "node"),
    Verb("demo", "open the cockpit on an embedded demo cluster", "demo"),
)


def verb(name: str) -> Verb:
    """The verb of that name; UsageError with the nearest spelling when there is none."""
    for one in VERBS:
        if one.name == name:
            return one
    import difflib  # only needed to say what was meant

    near = difflib.get_close_matches(name, [one.name for one in VERBS], 1)
    hint = f"did you mean: kubectl goweb {near[0]}" if near else "see: kubectl goweb --help"
    raise UsageError(f"there is no verb {name!r}", hint=hint)
