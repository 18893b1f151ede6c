"""Which names and values are secret. A ConfigMap, an image and a log are read by many."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase

_WORDS = re.compile(
    r"(^|[_.-])(PASSWORDS?|PASSWD|PASS|PWD|SECRETS?|TOKENS?|API_?KEYS?|ACCESS_?KEYS?|PRIVATE_?KEYS?|CREDENTIALS?|"
    r"SIGNING_?KEYS?|ENCRYPTION_?KEYS?|DSN|AUTH|SALT|PASSPHRASE)($|[_.-])",
    re.IGNORECASE,
)
_TELLING = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"^[a-z][a-z0-9+.-]*://[^/@\s:]*:[^/@\s]+@"), "a URL with a password"),
    (re.compile(r"^(AKIA|ASIA)[0-9A-Z]{16}$"), "an AWS access key"),
    (re.compile(r"^gh[pousr]_[A-Za-z0-9]{30,}$|^github_pat_"), "a GitHub token"),
    (re.compile(r"^glpat-[A-Za-z0-9_-]{20,}$"), "a GitLab token"),
    (re.compile(r"^xox[abprs]-"), "a Slack token"),
    (re.compile(r"^sk_(live|test)_[A-Za-z0-9]{16,}$"), "a Stripe key"),
    (re.compile(r"^AIza[0-9A-Za-z_-]{35}$"), "a Google API key"),
    (re.compile(r"^eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\."), "a JSON web token"),
    (re.compile(r"^hvs\.[A-Za-z0-9_-]{20,}$"), "a Vault token"),
)
_RANDOM = re.compile(r"^[A-Za-z0-9+/=_-]{24,}$")
_HARMLESS = re.compile(r"^(true|false|[0-9.]+|)$", re.IGNORECASE)
_BITS = 3.6
"""Bits a character from which a long word without spaces is taken for random; words of a language have about 3."""


def is_secret_name(name: str, also: Iterable[str] = (), but_not: Iterable[str] = ()) -> bool:
    """Whether a variable of this name holds a secret: by its words, or by the file's own patterns."""
    if any(fnmatchcase(name, pattern) for pattern in but_not):
        return False
    return bool(_WORDS.search(name)) or any(fnmatchcase(name, pattern) for pattern in also)


def telling(value: str) -> str:
    """What secret a value looks like, in words that do not show it; empty when it looks like none."""
    text = value.strip()
    if _HARMLESS.match(text):
        return ""
    for pattern, what in _TELLING:
        if pattern.search(text):
            return what
    is_mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    if _RANDOM.match(text) and is_mixed and _entropy(text) > _BITS:
        return "a random key"
    return ""


def _entropy(text: str) -> float:
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
