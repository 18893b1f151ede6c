"""Which proxy stands between us and a server, by the rules of Go's net/http, which kubectl follows. Speaking to it
lives in dial.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit


def environment_proxy(server: str, environ: Mapping[str, str]) -> str:
    """The proxy URL that HTTPS_PROXY, HTTP_PROXY and NO_PROXY (or their lower-case twins) choose for a server URL;
    empty for none.

    https://pkg.go.dev/golang.org/x/net/http/httpproxy: the server's scheme picks the variable, upper case wins,
    loopback is never proxied, a proxy without a scheme is http.
    """
    target = urlsplit(server)
    variable = "HTTPS_PROXY" if target.scheme == "https" else "HTTP_PROXY"
    proxy = environ.get(variable) or environ.get(variable.lower()) or ""
    if not proxy:
        return ""
    exceptions = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    port = target.port or (443 if target.scheme == "https" else 80)
    if bypasses(target.hostname or "", port, exceptions):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def bypasses(host: str, port: int, exceptions: str) -> bool:
    """Whether NO_PROXY's comma-separated `exceptions` (names, .suffixes, *.suffixes, addresses, networks, each with
    :port if wanted, or *) let the host go direct.
    """
    from ipaddress import ip_address, ip_network

    host = host.rstrip(".").lower()
    address = None
    try:
        address = ip_address(host)
    except ValueError:
        if host == "localhost":
            return True
    if address is not None and address.is_loopback:
        return True
    for entry in (part.strip().lower() for part in exceptions.split(",")):
        if entry == "*":
            return True
        if not entry:
            continue
        if "/" in entry:
            try:
                network = ip_network(entry, strict=False)
            except ValueError:
                continue  # Go ignores what it cannot read, too
            if address is not None and address in network:
                return True
            continue
        name, wanted_port = _split_port(entry)
        if wanted_port and wanted_port != port:
            continue
        if address is not None:
            if name == host:
                return True
        elif name.startswith("*."):
            if host.endswith(name[1:]):
                return True
        elif name.startswith("."):
            if host.endswith(name):
                return True
        elif host == name or host.endswith("." + name):
            return True
    return False


def _split_port(entry: str) -> tuple[str, int]:
    """Host and port of `host:port`, `[v6]:port`, or a bare host or v6 address; port 0 when there is none."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        port = rest.removeprefix(":")
    elif entry.count(":") == 1:
        name, _, port = entry.partition(":")
    else:
        name, port = entry, ""
    return name, int(port) if port.isdigit() else 0
