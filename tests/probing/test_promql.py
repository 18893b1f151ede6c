"""What Prometheus and the kubelet answer, read into values."""

from __future__ import annotations

import json

import pytest

from kubectl_goweb.probing.kubelet_metrics import parse_counts
from kubectl_goweb.probing.promql import PromError, by_node, samples


def vector(*results: tuple[dict[str, str], str]) -> bytes:
    data = [{"metric": labels, "value": [1772366400.5, value]} for labels, value in results]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": data}}).encode()


def test_samples_are_values_with_labels_and_what_is_no_number_is_absent() -> None:
    found = samples(vector(({"node": "a"}, "0.5"), ({"node": "b"}, "NaN"), ({"node": "c"}, "+Inf")))

    assert [(one.labels["node"], one.value) for one in found] == [("a", 0.5)]
    assert found[0].at.year == 2026
    assert samples(vector()) == ()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"status":"error","errorType":"bad_data","error":"parse error"}', "parse error"),
        (b"<html>login</html>", "does not answer as a Prometheus"),
        (b'{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}', "does not answer as a Prometheus"),
    ],
)
def test_what_is_no_answer_is_told(body: bytes, said: str) -> None:
    with pytest.raises(PromError, match=said):
        samples(body)


def test_a_sample_finds_its_node_by_label_or_address() -> None:
    found = samples(
        vector(
            ({"node": "n1"}, "1"),
            ({"instance": "10.0.0.2:9100"}, "2"),
            ({"instance": "n3:9100"}, "3"),
            ({"instance": "[fd00::4]:9100"}, "4"),
            ({"instance": "10.9.9.9:9100"}, "9"),
            ({"instance": "10.0.0.5"}, "5"),
            ({"instance": "fd00::6"}, "6"),
        )
    )
    names = {"10.0.0.2": "n2", "n3": "n3", "fd00::4": "n4", "10.0.0.5": "n5", "fd00::6": "n6"}

    assert by_node(found, names) == {"n1": 1, "n2": 2, "n3": 3, "n4": 4, "n5": 5, "n6": 6}


def test_the_kubelets_counts_are_read_by_pod_container_and_role() -> None:
    labels = 'container="web",namespace="shop",pod="web-1",pod_uid="u",probe_type="Readiness"'
    text = (
        "# TYPE prober_probe_total counter\n"
        f'prober_probe_total{{{labels},result="successful"}} 7\n'
        f'prober_probe_total{{{labels},result="failed"}} 2\n'
        "# TYPE prober_probe_duration_seconds histogram\n"
        f'prober_probe_duration_seconds_bucket{{{labels},le="+Inf"}} 4\n'
        f"prober_probe_duration_seconds_sum{{{labels}}} 0.02\n"
        f"prober_probe_duration_seconds_count{{{labels}}} 4\n"
    )

    counts = parse_counts(text)["shop/web-1", "web", "readiness"]
    assert (counts.successful, counts.failed, counts.unknown, counts.mean_duration) == (7, 2, 0, 0.005)
    assert counts.says == "7 ok 2 failed"
