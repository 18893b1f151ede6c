"""load: build the image and load it into a cluster without a registry (kind, k3d, minikube, containerd)."""

from __future__ import annotations

from kubectl_goweb.cli.delivery.imaging import build, declare_build, declare_load, put_on_node
from kubectl_goweb.cli.delivery.progress import progress
from kubectl_goweb.cli.delivery.service_file import declare_file, service_file
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser, overrides
from kubectl_goweb.cli.printing import write
from kubectl_goweb.delivery.image.engine import engine
from kubectl_goweb.errors import Exit
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.settings import Settings


def declare(parser: Parser) -> None:
    declare_file(parser)
    declare_build(parser)
    declare_load(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    here = service_file(args)
    context = "" if args.containerd else resolve(overrides(args), environment.environ, environment.home).context
    with (
        engine(environment.environ) as docker,
        progress(environment, settings, args) as teller,
    ):
        built = build(args, here, docker, environment, teller)
        loaded = put_on_node(args, built, docker, context, teller)
    write(environment.stdout, f"{loaded.reference}\n")
    return Exit.OK
