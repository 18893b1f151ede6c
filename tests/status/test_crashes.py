from __future__ import annotations

from kubectl_goweb.status.diagnosis.crashes import read_crash

PANIC = """{"level":"INFO","msg":"listening"}
panic: runtime error: invalid memory address or nil pointer dereference [recovered, repanicked]
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x6b3c1d]

goroutine 34 [running]:
net/http.(*conn).serve.func1()
\t/usr/local/go/src/net/http/server.go:1868 +0xb9
github.com/acme/lib.Do(0x0)
\t/root/go/pkg/mod/github.com/acme/lib@v1.0.0/do.go:9 +0x11
main.handler({0x7a1f40, 0xc0000f2000}, 0xc0000a8000)
\t/src/handlers/cart.go:42 +0x1d
main.main()
\t/src/main.go:12 +0x5
exit status 2
"""


def test_a_panic_names_the_first_frame_of_ones_own_code() -> None:
    crash = read_crash(PANIC.splitlines())
    assert crash is not None
    assert crash.message == "panic: runtime error: invalid memory address or nil pointer dereference"
    assert crash.place == "cart.go:42"


def test_a_fatal_error_is_read_like_a_panic() -> None:
    crash = read_crash(
        ["fatal error: concurrent map writes", "", "goroutine 7 [running]:", "main.f()", "\t/a/m.go:3 +0x1"]
    )
    assert crash is not None
    assert (crash.message, crash.place, crash.is_go) == ("fatal error: concurrent map writes", "m.go:3", True)


def test_only_the_newest_panic_counts() -> None:
    crash = read_crash(["panic: first", "\t/a/one.go:1 +0x1", "restarted", "panic: second", "\t/a/two.go:2 +0x1"])
    assert crash is not None
    assert (crash.message, crash.place) == ("panic: second", "two.go:2")


def test_without_a_panic_the_last_line_is_the_best_that_is_known() -> None:
    crash = read_crash(["starting", "cannot open database: connection refused", ""])
    assert crash is not None
    assert (crash.message, crash.is_go) == ("cannot open database: connection refused", False)


def test_an_empty_log_tells_nothing() -> None:
    assert read_crash(["", "  "]) is None
