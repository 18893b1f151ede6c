"""A service outside Kubernetes: a systemd unit, a reverse proxy before it, a compose file. Pure text."""

from __future__ import annotations

from kubectl_goweb.delivery.manifests.body import Release
from kubectl_goweb.delivery.manifests.configuration import go_variables, plain_values
from kubectl_goweb.delivery.manifests.text import one_document
from kubectl_goweb.delivery.service import durations
from kubectl_goweb.delivery.service.model import ServiceFile
from kubectl_goweb.errors import UsageError

TARGETS = ("kubernetes", "systemd", "nginx", "traefik", "compose")
_BEFORE = "/etc/ssl"


def render(target: str, release: Release) -> str:
    """The text for one of TARGETS besides kubernetes. UsageError when the file lacks what it needs."""
    match target:
        case "systemd":
            return systemd(release)
        case "nginx":
            return nginx(release.file)
        case "traefik":
            return traefik(release.file)
        case "compose":
            return compose(release)
        case _:
            raise UsageError(f"there is no target {target!r}", hint=f"there are: {', '.join(TARGETS)}")


def systemd(release: Release) -> str:
    """A unit that restarts what fails and takes from it what it does not need:
    https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html
    """
    file = release.file
    values = {**dict(go_variables(file.resources)), **plain_values(release)}
    environment = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in values.items())
    limits = f"MemoryMax={durations.amount(file.resources.memory_limit or file.resources.memory)}\n"
    if file.resources.cpu_limit is not None:
        limits += f"CPUQuota={durations.cores(file.resources.cpu_limit) * 100:.0f}%\n"
    return f"""\
# /etc/systemd/system/{file.name}.service
[Unit]
Description={file.name}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
ExecStart=/usr/local/bin/{file.name}
{environment}# Secrets, readable by root only; a missing file is no error.
EnvironmentFile=-/etc/{file.name}/secrets.env
Restart=on-failure
RestartSec=1
KillSignal=SIGTERM
TimeoutStopSec={durations.whole_seconds(file.shutdown.grace, 1)}
{limits}DynamicUser=yes
NoNewPrivileges=yes
CapabilityBoundingSet={"CAP_NET_BIND_SERVICE" if file.port < 1024 else ""}
AmbientCapabilities={"CAP_NET_BIND_SERVICE" if file.port < 1024 else ""}
ProtectSystem=strict
ProtectHome=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
PrivateTmp=yes
PrivateDevices=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0077

[Install]
WantedBy=multi-user.target
"""


def _quoted(text: str) -> str:
    """As systemd reads it: quoted, with its own signs escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
    return f'"{escaped}"'


def nginx(file: ServiceFile) -> str:
    """A site with TLS, a redirect to it, and a second try elsewhere when the service fails:
    https://nginx.org/en/docs/http/ngx_http_upstream_module.html
    """
    host, path = _host(file), _path(file)
    check = file.health_check
    cool = durations.whole_seconds(check.interval, 1) * check.retries
    upstream = f"""\
# /etc/nginx/conf.d/{file.name}.conf
upstream {file.name} {{
    # More instances: one line each. One that fails {check.retries} times is left alone for {cool} s.
    server 127.0.0.1:{file.port} max_fails={check.retries} fail_timeout={cool}s;
    keepalive 32;
}}
"""
    proxy = f"""\
    location {path} {{
        proxy_pass http://{file.name};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_next_upstream error timeout http_502 http_503;
        proxy_connect_timeout {durations.whole_seconds(check.timeout, 1)}s;
    }}
"""
    if not _has_tls(file):
        return f"{upstream}\nserver {{\n    listen 80;\n    server_name {host};\n{proxy}}}\n"
    redirect = "    return 301 https://$host$request_uri;\n" if _redirects(file) else proxy
    return f"""\
{upstream}
server {{
    listen 80;
    server_name {host};
{redirect}}}

server {{
    listen 443 ssl;
    http2 on;
    server_name {host};
    ssl_certificate {_BEFORE}/certs/{host}.pem;
    ssl_certificate_key {_BEFORE}/private/{host}.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    add_header Strict-Transport-Security "max-age=31536000" always;
{proxy}}}
"""


def traefik(file: ServiceFile) -> str:
    """Traefik's file provider: https://doc.traefik.io/traefik/reference/routing-configuration/other-providers/file/"""
    host = _host(file)
    rule = f"Host(`{host}`)" + (f" && PathPrefix(`{_path(file)}`)" if _path(file) != "/" else "")
    check = file.health_check
    routers: dict[str, object] = {
        file.name: {
            "rule": rule,
            "entryPoints": ["websecure" if _has_tls(file) else "web"],
            "service": file.name,
            **({"tls": {}} if _has_tls(file) else {}),
        }
    }
    http: dict[str, object] = {"routers": routers}
    if _has_tls(file) and _redirects(file):
        routers[f"{file.name}-http"] = {
            "rule": rule,
            "entryPoints": ["web"],
            "service": file.name,
            "middlewares": [f"{file.name}-https"],
        }
        http["middlewares"] = {f"{file.name}-https": {"redirectScheme": {"scheme": "https", "permanent": True}}}
    balancer = {
        "servers": [{"url": f"http://127.0.0.1:{file.port}"}],
        "healthCheck": {"path": check.endpoint, "interval": check.interval, "timeout": check.timeout},
    }
    http["services"] = {file.name: {"loadBalancer": balancer}}
    document: dict[str, object] = {"http": http}
    if _has_tls(file):
        certificate = {"certFile": f"{_BEFORE}/certs/{host}.pem", "keyFile": f"{_BEFORE}/private/{host}.key"}
        document["tls"] = {"certificates": [certificate]}
    return f"# /etc/traefik/dynamic/{file.name}.yaml\n{one_document(document)}"


def compose(release: Release) -> str:
    """A compose file: https://docs.docker.com/reference/compose-file/services/"""
    file = release.file
    limits = {"memory": str(durations.amount(file.resources.memory_limit or file.resources.memory))}
    if file.resources.cpu_limit is not None:
        limits["cpus"] = f"{durations.cores(file.resources.cpu_limit):g}"
    service: dict[str, object] = {
        "image": release.image,
        "build": {
            "context": file.build.context,
            "dockerfile": file.build.dockerfile,
            "args": {"MAIN": file.build.main},
        },
        "ports": [f"127.0.0.1:{file.port}:{file.port}"],
        "environment": {**dict(go_variables(file.resources)), **plain_values(release)},
        "read_only": True,
        "tmpfs": ["/tmp"],  # noqa: S108  # in the container
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "restart": "on-failure",
        "stop_grace_period": file.shutdown.grace,
        "deploy": {"resources": {"limits": limits}},
    }
    if file.config.env_file:
        service["env_file"] = [{"path": file.config.env_file, "required": False}]
    return one_document({"name": file.name, "services": {file.name: service}})


def _host(file: ServiceFile) -> str:
    if file.ingress is None:
        raise UsageError("a proxy needs a host name", hint="add ingress.host to goweb.yaml")
    return file.ingress.host


def _path(file: ServiceFile) -> str:
    return file.ingress.path if file.ingress else "/"


def _has_tls(file: ServiceFile) -> bool:
    return file.ingress is not None and file.ingress.tls is not False


def _redirects(file: ServiceFile) -> bool:
    return file.ingress is not None and file.ingress.ssl_redirect
