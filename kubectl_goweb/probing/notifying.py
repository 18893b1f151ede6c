"""Telling others: a command, a webhook, Alertmanager. Blocking, limited in time; failures are told, never raised."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

from kubectl_goweb.status.verdicts import API_VERSION, Answer

_SECONDS = 10.0
_ALERTS = "/api/v2/alerts"
_ENDED = ("recovered",)


class Notice(Answer, frozen=True, gc=False):
    """What is told: the JSON that the command and the webhook get. Fields may be added within `goweb/v1`, never removed
    or renamed.
    """

    event: str
    """`failing`, `abnormal`, `held`, `would-act`, `acted`, `not-recovered`, `recovered`."""
    context: str
    namespace: str
    workload: str
    pod: str
    action: str
    text: str
    at: datetime
    dry_run: bool = False
    api_version: str = API_VERSION
    kind: str = "HealNotice"


class Channels(Struct, frozen=True):
    """Whom to tell; empty ones are left out."""

    command: str = ""
    """Run by the shell, the JSON on its standard input."""
    webhook: str = ""
    alertmanager: str = ""
    """Its base URL."""


def notify(notice: Notice, channels: Channels) -> tuple[str, ...]:
    """Tell every channel; a sentence for each one that could not be told."""
    body = msgspec.json.encode(notice)
    troubles = []
    if channels.command:
        troubles.append(_run(channels.command, body))
    if channels.webhook:
        troubles.append(_post(channels.webhook, body))
    if channels.alertmanager:
        alerts = json.dumps([alert(notice)]).encode()
        troubles.append(_post(channels.alertmanager.rstrip("/") + _ALERTS, alerts))
    return tuple(trouble for trouble in troubles if trouble)


def alert(notice: Notice) -> Mapping[str, object]:
    """One alert of Alertmanager's v2 API: the same labels from beginning to end, ended when it is over.
    https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
    """
    labels = {
        "alertname": "GowebHeal",
        "severity": "critical",
        "context": notice.context,
        "namespace": notice.namespace,
        "workload": notice.workload,
        "pod": notice.pod,
    }
    told: dict[str, object] = {
        "labels": labels,
        "annotations": {"summary": f"{notice.workload}: {notice.event}: {notice.text}", "action": notice.action},
    }
    if notice.event in _ENDED:
        told["endsAt"] = notice.at.isoformat()
    return told


def _run(command: str, body: bytes) -> str:
    try:
        done = subprocess.run(command, shell=True, input=body, capture_output=True, timeout=_SECONDS)  # noqa: S602  # the user's own command line
    except subprocess.TimeoutExpired:
        return f"the command {command!r} did not end within {_SECONDS:g} s"
    if done.returncode == 0:
        return ""
    said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()[:200]
    return f"the command {command!r} failed ({done.returncode})" + (f": {said}" if said else "")


def _post(url: str, body: bytes) -> str:
    if not url.startswith(("http://", "https://")):
        return f"{url!r} is no http URL"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310  # checked above
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310  # checked above
            return ""
    except urllib.error.HTTPError as error:
        with error:
            return f"{url} answered {error.code}"
    except (OSError, ValueError) as error:
        return f"{url} cannot be told: {getattr(error, 'reason', None) or error}"
