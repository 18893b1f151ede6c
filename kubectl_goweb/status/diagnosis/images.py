"""Images that cannot be had."""

from __future__ import annotations

import re

from kubectl_goweb.objects import Event
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.diagnosis.case import Case, Group, from_event
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Severity

_SECRETS = re.compile(r"image pull secrets \((?P<names>[^)]+)\)")
_OF_PULLS = ("Pulling", "Pulled", "Failed", "BackOff", "Created", "Started")
_SLOW = 60.0
"""Seconds that a pull may take before it is worth a word."""
_UNREACHABLE = (
    r"no such host|connection refused|i/o timeout|no route to host|network is unreachable|server misbehaving"
    r"|context deadline exceeded|TLS handshake timeout|Client\.Timeout"
)
_RULES: tuple[tuple[str, str, str], ...] = (
    ("image-name", "the image's name is not one a registry could have", r"InvalidImageName|invalid reference format"),
    ("never-pull", "imagePullPolicy is Never and the node does not have the image", r"ErrImageNeverPull|pull policy"),
    (
        "image-platform",
        "the image is not built for the node's processor",
        r"no match for platform|no matching manifest",
    ),
    ("registry-throttled", "the registry allows no more pulls for now", r"toomanyrequests|429 Too Many|rate limit"),
    ("disk-full", "the node's disk is full", r"no space left on device"),
    (
        "registry-unreachable",
        "the node cannot reach the registry",
        _UNREACHABLE,
    ),
    (
        "registry-tls",
        "the node does not trust the registry's certificate",
        r"x509:|HTTP response to HTTPS client|\btls: ",
    ),
    (
        "image-unauthorised",
        "the registry refuses these credentials or has no such repository; it does not say which",
        r"pull access denied|insufficient_scope",
    ),
    (
        "image-unauthorised",
        "the registry does not accept the pull secret, or there is none",
        r"(?i)unauthorized|authentication required|\b401\b|\b403\b|forbidden|access denied|denied:|no basic auth",
    ),
    (
        "image-not-found",
        "the registry does not have that image or tag",
        r"not found|manifest unknown|does not exist|\b404\b",
    ),
)


def pulling_since(case: Case, name: str) -> Event | None:
    """The event by which a Pod that waits for its start began to pull an image, when nothing came after it and that is
    long ago; None when its events were not asked for.
    """
    newest = next((event for event in case.events.get(name, ()) if event.reason in _OF_PULLS), None)
    began = newest.last_seen if newest is not None and newest.reason == "Pulling" else None
    return newest if began is not None and (case.now - began).total_seconds() > _SLOW else None


def pulling(case: Case, revision: str, pods: list[PodHealth], event: Event) -> Finding:
    """A pull that takes long: nothing has failed yet."""
    group = Group(case, revision, tuple(pods), pods[0], (event,))
    seconds = (case.now - (event.last_seen or case.now)).total_seconds()
    return finding(
        Code.POD_IMAGE,
        Severity.WARNING,
        case.ref,
        plain(
            f"{group.who} {group.verb('have', 'has')} been waiting for {group.verb('their', 'its')} image for "
            f"{duration(seconds)}: {event.message}"
        ),
        cause="the image is large, the registry slow, or the kubelet pulls one image after the other and this one "
        "waits its turn (serializeImagePulls)",
        next=group.show,
        evidence=(from_event(event),),
        since=event.last_seen,
        affected=group.names,
        reason="slow-pull",
        confidence=Confidence.LIKELY,
    )


def image(group: Group) -> Finding:
    """ErrImagePull and its like: by what the registry or the runtime answered."""
    pod = group.pod
    # Once it backs off, older kubelets only say that they do; the event then has the registry's words.
    sentence = pod.message if _reason(pod.message) else group.said("Failed") or pod.message
    known = _reason(f"{pod.reason} {sentence}")
    word, meaning = known or ("", "the image name, its tag, the registry or the pull secret is wrong")
    absent = _refused_secrets(group) if word == "image-unauthorised" else None
    meaning = f"the pull secret {absent} cannot be read: it is probably not there" if absent else meaning
    name = _image(group)
    which = f" {name}" if name else ""
    return finding(
        Code.POD_IMAGE,
        Severity.CRITICAL,
        group.case.ref,
        plain(f"{group.who} cannot pull {group.verb('their', 'its')} image{which}: {meaning} ({pod.reason})"),
        cause=plain(
            (f"the template {group.injected.text}; " if group.injected else "") + (sentence or meaning),
        ),
        next=group.show,
        evidence=group.evidence(_pull_secrets(group) if word == "image-unauthorised" else None),
        since=group.since,
        affected=group.names,
        reason=word,
    )


def _refused_secrets(group: Group) -> str:
    """The pull secrets that the kubelet could not read, by its event; empty when it says nothing."""
    events = group.case.events.get(group.pod.name, ())
    said = next((event.message for event in events if event.reason == "FailedToRetrieveImagePullSecret"), "")
    found = _SECRETS.search(said)
    return found["names"] if found else ""


def _reason(text: str) -> tuple[str, str] | None:
    for word, meaning, pattern in _RULES:
        if re.search(pattern, text):
            return word, meaning
    return None


def _image(group: Group) -> str:
    raw = group.case.raw.get(group.pod.name)
    containers = (*raw.spec.init_containers, *raw.spec.containers) if raw else ()
    return next((one.image for one in containers if one.name == group.pod.container), "")


def _pull_secrets(group: Group) -> Evidence | None:
    spec = group.case.spec_of(group.pod)
    if spec is None:
        return None
    names = [one.name for one in spec.image_pull_secrets]
    return Evidence("spec.imagePullSecrets", ", ".join(names) if names else "none named")
