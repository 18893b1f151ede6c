"""The verbs about probes, health and nodes."""
