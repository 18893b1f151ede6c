"""Whether an HTTP answer counts as success, and the reason in one sentence when it does not. Pure: what was received is
passed in. blackbox_exporter's order: status, then headers, body, version, TLS.
"""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import Struct

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.probes.results import Reason, TlsFacts
from kubectl_goweb.status.probes.targets import Redirects, Rules

MOST_REDIRECTS = 10
_REDIRECTS = {
    301: Reason.REDIRECT_PERMANENT,
    308: Reason.REDIRECT_PERMANENT,
    302: Reason.REDIRECT_TEMPORARY,
    303: Reason.REDIRECT_TEMPORARY,
    307: Reason.REDIRECT_TEMPORARY,
}
_PLAIN_TO_TLS = (b"client sent an http request to an https server", b"plain http request was sent to https port")
_SHOWN = 120
"""Characters of a body that are shown."""


class Response(Struct, frozen=True):
    """The last answer of a probe."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    version: str = "1.1"
    tls: TlsFacts | None = None
    redirects: int = 0

    @property
    def location(self) -> str:
        """Where a redirect leads; empty when this is none."""
        return self.headers.get("location", "") if self.status in _REDIRECTS else ""


class Judgement(Struct, frozen=True):
    reason: Reason
    detail: str = ""
    warning: str = ""
    body_mismatch: bool = False

    @property
    def success(self) -> bool | None:
        """None when it says nothing about the target."""
        return None if self.reason in (Reason.NOT_ALLOWED, Reason.NOT_SEEN) else self.reason is Reason.OK


def judge(response: Response, rules: Rules, now: datetime) -> Judgement:
    """Judge by these rules; redirects have been followed as far as the rules say."""
    status = response.status
    if not rules.accepts(status):
        return _wrong_status(response, rules)
    if (fault := _wrong_content(response, rules)) is not None:
        return fault
    if (fault := _wrong_tls(response, rules, now)) is not None:
        return fault
    warning = ""
    if response.location and rules.redirects is Redirects.SAME_HOST:
        warning = f"a redirect to another host ({_shown(response.location)}) counts as success for the kubelet"
    elif 300 <= status < 400:
        warning = f"{status} counts as success by the rules of {rules.name}"
    return Judgement(Reason.OK, warning=warning)


def _wrong_status(response: Response, rules: Rules) -> Judgement:
    status = response.status
    body = response.body[:512].lower()
    if status == 400 and any(said in body for said in _PLAIN_TO_TLS):
        return Judgement(Reason.PLAIN_TO_TLS_PORT, "the port speaks TLS: it was asked in plain HTTP")
    accepted = ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in rules.statuses)
    if status in _REDIRECTS:
        where = f" to {_shown(response.location)}" if response.location else " to nowhere"
        lasting = "permanently" if _REDIRECTS[status] is Reason.REDIRECT_PERMANENT else "for now"
        if response.redirects >= MOST_REDIRECTS:
            return Judgement(
                Reason.REDIRECT_LOOP, f"still redirected ({status}{where}) after {MOST_REDIRECTS} redirects"
            )
        return Judgement(_REDIRECTS[status], f"answered {status}: moved {lasting}{where}; accepted is {accepted}")
    said = _shown(response.body[:2000].decode("utf-8", "replace").strip())
    return Judgement(Reason.STATUS, f"answered {status}; accepted is {accepted}" + (f": {said}" if said else ""))


def _wrong_content(response: Response, rules: Rules) -> Judgement | None:
    for rule in rules.headers:
        value = response.headers.get(rule.name.lower())
        if value is None:
            return Judgement(Reason.HEADER_MISMATCH, f"has no header {rule.name}", body_mismatch=True)
        if not re.search(rule.pattern, value):
            said = f"header {rule.name} is {_shown(value)!r}, which does not match {rule.pattern!r}"
            return Judgement(Reason.HEADER_MISMATCH, said, body_mismatch=True)
    if not (rules.body or rules.body_not):
        return None
    text = response.body.decode("utf-8", "replace")
    if rules.body_not and (found := re.search(rules.body_not, text)):
        said = f"the body says {_shown(found[0])!r}, which matches {rules.body_not!r}"
        return Judgement(Reason.BODY_MISMATCH, said, body_mismatch=True)
    if rules.body and not re.search(rules.body, text):
        said = f"{_shown(text)!r} does not match {rules.body!r}" if text else f"empty, does not match {rules.body!r}"
        return Judgement(Reason.BODY_MISMATCH, f"the body {said}", body_mismatch=True)
    return None


def _wrong_tls(response: Response, rules: Rules, now: datetime) -> Judgement | None:
    tls = response.tls
    if tls is None:
        return Judgement(Reason.TLS_REQUIRED, "answered without TLS, which is required") if rules.tls else None
    return Judgement(Reason.TLS_FORBIDDEN, "answered over TLS") if rules.tls is False else tls_fault(tls, rules, now)


def tls_fault(tls: TlsFacts, rules: Rules, now: datetime) -> Judgement | None:
    """What is wrong with a handshake that succeeded."""
    if rules.min_tls and tls.version < rules.min_tls:  # `TLSv1` < `TLSv1.2` < `TLSv1.3`
        return Judgement(Reason.TLS_VERSION, f"speaks {tls.version}, at least {rules.min_tls} is wanted")
    if rules.expires_within and tls.expires is not None:
        left = (tls.expires - now).total_seconds()
        if left < rules.expires_within:
            return Judgement(
                Reason.TLS_EXPIRES_SOON, f"its certificate ends in {left / 86400:.1f} days ({tls.expires:%Y-%m-%d})"
            )
    return None


def _shown(text: str) -> str:
    return plain(text, _SHOWN)
