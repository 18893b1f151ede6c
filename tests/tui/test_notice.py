"""Notices in the corner."""

from __future__ import annotations

import pytest
from textual.widgets._toast import Toast

from kubectl_goweb.tui.notice import Notice
from tests.tui.shop import snapshot
from tests.tui.sources import Given, program, screen_text, shown, until


@pytest.mark.timeout(20)
async def test_a_notice_whose_time_is_over_when_it_comes_freezes_nothing_and_goes() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await shown(pilot, source)
        app.notify("still here", timeout=600, markup=False)
        await until(pilot, lambda: "still here" in screen_text(app))
        (toast,) = app.screen.query(Toast)
        assert isinstance(toast._notification, Notice), "what the program itself tells is one"

        late = Notice("too late", timeout=-1)
        assert late.has_expired
        await app.screen.mount(Toast(late))
        await until(pilot, lambda: len(app.screen.query(Toast)) == 1)
