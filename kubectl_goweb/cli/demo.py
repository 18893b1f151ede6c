"""`kubectl goweb demo`: open the cockpit on an embedded demo cluster, or serve it for kubectl and `status`."""

from __future__ import annotations

from msgspec import structs

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import write
from kubectl_goweb.errors import Exit
from kubectl_goweb.settings import Settings


def declare(parser: Parser) -> None:
    parser.add_argument("--serve", action="store_true", help="only serve it, and print the KUBECONFIG line")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="which world; one seed always gives the same")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """The demo cluster lives as long as this command, and its kubeconfig with it."""
    import tempfile  # these are for this verb alone
    from pathlib import Path

    from kubectl_goweb.demo.cluster import DemoCluster

    with (
        tempfile.TemporaryDirectory(prefix="kubectl-goweb-demo-") as folder,
        DemoCluster(args.seed) as demo,
    ):
        kubeconfig = Path(folder) / "kubeconfig"
        demo.write_kubeconfig(kubeconfig)
        if args.serve:
            write(environment.stdout, f"export KUBECONFIG={kubeconfig}\n")
            write(environment.stderr, "goweb: the demo cluster runs until this command ends (ctrl+c)\n")
            demo.wait()
            return Exit.OK
        from kubectl_goweb.cli import cockpit  # loads textual

        inside = structs.replace(environment, environ={**environment.environ, "KUBECONFIG": str(kubeconfig)})
        return cockpit.run(args, settings, inside)
