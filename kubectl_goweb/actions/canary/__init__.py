"""A release step by step, by a plain Deployment's own rollout: paused after each step, compared, then on or back.

`steps` (how many Pods a step means, and what the controller makes of it) → `comparing` (new Pods beside old ones) →
`stepping` (what comes next) are pure; `canarying` looks, writes and tells.
"""
