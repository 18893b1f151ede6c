"""What can go wrong, as the user is told it: one sentence, one next step, one exit code.

Nothing else lives here. A stream's failure is not an exception but a Feed state (objects.feed).
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes, part of the public interface."""

    OK = 0
    """Healthy, or done."""
    FAILING = 1
    """Failing, failed, not found, or refused by a gate."""
    USAGE = 2
    """Wrong arguments, settings or kubeconfig."""
    UNKNOWN = 3
    """Cannot tell: unreachable, unauthorized or forbidden."""
    REFUSED = 4
    """Refused by the server or a guard."""
    PROGRESSING = 5
    """Still in progress (status)."""
    TIMEOUT = 6
    """Timed out waiting."""
    INTERRUPTED = 130
    """Interrupted from the keyboard."""


class GowebError(Exception):
    """A failure as the user is told it: a sentence naming what failed, on what and why; a next step; an exit code."""

    exit_code: Exit = Exit.FAILING

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


class UsageError(GowebError):
    """The arguments cannot be meant."""

    exit_code = Exit.USAGE


class SettingsError(GowebError):
    """A settings file or variable is wrong."""

    exit_code = Exit.USAGE


class KubeconfigError(GowebError):
    """The kubeconfig does not lead to a cluster: missing file, unknown context, unreadable key."""

    exit_code = Exit.USAGE


class ApiError(GowebError):
    """The API server was asked and did not give what was asked for."""

    exit_code = Exit.UNKNOWN


class UnreachableError(ApiError):
    """No answer: name, route, port, TLS, proxy or time."""


class UnansweredError(UnreachableError):
    """A write was sent and its answer got lost: it may have been done."""


class SilenceError(UnreachableError):
    """A stream was open and said nothing for so long that it may well be cut."""


class UnauthorizedError(ApiError):
    """401: the server does not know who is asking."""


class ForbiddenError(ApiError):
    """403: the server knows who is asking and says no. `verb` and `resource` are what was refused."""

    def __init__(self, sentence: str, *, hint: str = "", verb: str = "", resource: str = "") -> None:
        super().__init__(sentence, hint=hint)
        self.verb = verb
        self.resource = resource


class NotFoundError(ApiError):
    """404: the object, or the whole API, is not there."""

    exit_code = Exit.FAILING


class ExpiredError(ApiError):
    """410: the resourceVersion or continue token is too old; list again."""


class ThrottledError(ApiError):
    """429: too many requests. `retry_after` is in seconds; `causes` are the server's own sentences about why, such as
    the disruption budget that an eviction would violate.
    """

    def __init__(
        self, sentence: str, *, hint: str = "", retry_after: float = 1.0, causes: tuple[str, ...] = ()
    ) -> None:
        super().__init__(sentence, hint=hint)
        self.retry_after = retry_after
        self.causes = causes


class ServerError(ApiError):
    """5xx, or an answer that is not what the API promises."""


class BadRequestError(ServerError):
    """400: what was asked for cannot be had now, such as the log of a container that has not started."""


class FieldConflict:
    """A field that server-side apply found to be another manager's."""

    def __init__(self, field: str, manager: str) -> None:
        self.field = field
        self.manager = manager


class RefusedError(ApiError):
    """The server refused a write: 409, 422 or an admission webhook; or read-only mode did. `status` is the HTTP status,
    0 when nothing was sent; `conflicts` are fields that are somebody else's.
    """

    exit_code = Exit.REFUSED

    def __init__(
        self, sentence: str, *, hint: str = "", status: int = 0, conflicts: tuple[FieldConflict, ...] = ()
    ) -> None:
        super().__init__(sentence, hint=hint)
        self.status = status
        self.conflicts = conflicts


class WaitTimeoutError(GowebError):
    """The time given for waiting is over."""

    exit_code = Exit.TIMEOUT
