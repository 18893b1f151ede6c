"""render: print the Kubernetes objects of goweb.yaml as YAML, or a systemd unit, a proxy, a compose file (--target)."""

from __future__ import annotations

from kubectl_goweb.cli.delivery.env_values import with_env
from kubectl_goweb.cli.delivery.service_file import Here, declare_file, service_file
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import write
from kubectl_goweb.delivery.image.naming import Name
from kubectl_goweb.delivery.manifests import Release, objects, yaml_text
from kubectl_goweb.delivery.source import source
from kubectl_goweb.delivery.targets import TARGETS, render
from kubectl_goweb.errors import Exit
from kubectl_goweb.settings import Settings


def declare(parser: Parser) -> None:
    declare_file(parser)
    parser.add_argument("--target", choices=TARGETS, default="kubernetes", help="what it is to run on (kubernetes)")
    parser.add_argument("--image", help="the image, by digest or tag; by the commit's tag when not given")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    here = service_file(args)
    namespace = getattr(args, "namespace", "") or here.reading.file.namespace
    wanted = with_env(here, Release(file=here.reading.file, image=args.image or named(here), namespace=namespace))
    is_kubernetes = args.target == "kubernetes"
    write(environment.stdout, yaml_text(objects(wanted)) if is_kubernetes else render(args.target, wanted))
    return Exit.OK


def named(here: Here) -> str:
    """The image by the commit's tag, which a build would give it."""
    return str(Name(here.reading.file.image, source(here.folder).tag or "latest"))
