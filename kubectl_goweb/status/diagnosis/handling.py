"""What Go's net/http writes of requests that it could not serve: a handler that panicked, a connection that it could
not take. The program goes on, and its probes fail.

https://pkg.go.dev/net/http#Handler: the panic is recovered from, and the connection is closed without an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kubectl_goweb.objects.text import masked
from kubectl_goweb.status.diagnosis.crashes import Crash, CrashKind
from kubectl_goweb.status.diagnosis.goroutines import logged_frame
from kubectl_goweb.status.log_lines import read_line

_PANIC = re.compile(r"http2?: panic serving \S+: (?P<message>[^\n]*)")
_ACCEPT = re.compile(r"http: Accept error: (?P<error>[^\n;]*)")
_TRACE = 60
"""Lines below a panic in which its trace stands."""
_UNANSWERED = ("EOF", "connection reset", "server closed idle connection", "malformed HTTP")
"""What a client gets when the handler that serves it panics."""


def unserved(lines: Sequence[str], said: str) -> Crash | None:
    """The newest fault of the server that makes a probe fail as the kubelet says (`said`); None when it tells none."""
    pattern = _PANIC if any(word in said for word in _UNANSWERED) else _ACCEPT
    for index in range(len(lines) - 1, -1, -1):
        line = read_line(masked(lines[index]))
        found = pattern.search(line.message)
        if found is None:
            continue
        if pattern is _ACCEPT:
            return Crash(found[0], "", False, (found[0],), CrashKind.LOGGED, error=found["error"])
        # A structured logger has the trace in the message, the plain one below it.
        trace = line.message if "\n" in line.message else "\n".join(lines[index + 1 : index + _TRACE])
        frame = logged_frame(trace)
        words = f"panic: {found['message']}"
        return Crash(
            words,
            frame.place if frame else "",
            False,
            (found[0].partition("\n")[0], *((frame.text,) if frame else ())),
            CrashKind.RECOVERED,
            frame.function if frame else "",
            error=found["message"],
        )
    return None
