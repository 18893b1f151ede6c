"""A rollout under guard: seen, judged when that is certain, its evidence kept, and taken back by policy.

`sight` (what is seen) → `symptoms` (what speaks against it) → `judging` (the verdict) are pure. `evidence` keeps what
the failing Pods left behind; `guarding` follows the watch, acts, and tells what happens as events.
"""
