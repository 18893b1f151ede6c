"""What a kubelet tells of one container's processor time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kubectl_goweb.errors import ServerError
from kubectl_goweb.kube.cpu_use import cpu_use, throttling

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
TEXT = """\
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="web",namespace="shop",pod="web-1"} 3.5 1772366395000
container_cpu_usage_seconds_total{container="web",namespace="shop",pod="web-2"} 99 1772366395000
container_cpu_usage_seconds_total{container="idle",namespace="shop",pod="web-1"} 0.1 1772366395000
container_start_time_seconds{container="web",namespace="shop",pod="web-1"} 1.772366325e+09
container_start_time_seconds{container="web",namespace="shop",pod="web-2"} 1.772366325e+09
"""


def test_what_a_container_used_is_read_with_since_when() -> None:
    used = cpu_use(TEXT, "shop/web-1", "web", NOW)
    assert (used.seconds, (used.at - used.started).total_seconds()) == (3.5, 70.0)
    assert used.cores == 0.05


@pytest.mark.parametrize(("key", "container"), [("shop/web-3", "web"), ("shop/web-1", "idle"), ("other/web-1", "web")])
def test_a_container_that_is_not_told_of_in_full_is_unknown(key: str, container: str) -> None:
    with pytest.raises(ServerError, match="tells nothing"):
        cpu_use(TEXT, key, container, NOW)


COUNTED = """\
# TYPE container_cpu_cfs_periods_total counter
container_cpu_cfs_periods_total{container="",id="/pods/a",namespace="shop",pod="web-1"} 395 1772366395000
container_cpu_cfs_periods_total{container="web",id="/pods/a/b",namespace="shop",pod="web-1"} 40
container_cpu_cfs_periods_total{container="",id="/pods/c",namespace="shop",pod="web-2"} 7
container_cpu_cfs_throttled_periods_total{container="",id="/pods/a",namespace="shop",pod="web-1"} 380
container_cpu_cfs_throttled_periods_total{container="web",id="/pods/a/b",namespace="shop",pod="web-1"} 39
"""


def test_how_often_a_container_was_held_back_is_read_of_all_its_runs() -> None:
    counted = throttling(COUNTED, "shop/web-1", "web", NOW)
    assert (counted.periods, counted.throttled) == (395, 380)
    assert throttling(COUNTED, "shop/web-2", "web", NOW).throttled == 0
    with pytest.raises(ServerError, match="counts no throttling"):
        throttling(COUNTED, "shop/web-3", "web", NOW)
