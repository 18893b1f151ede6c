"""Our own probes: sent, judged, repeated, exported, acted upon; and what Prometheus and the kubelets have measured.

What a result means lives in status.probes. The modules that decide (judging, grpc_health, relaying, scheduling,
healing, promql) are pure; those that send are thin.
"""
