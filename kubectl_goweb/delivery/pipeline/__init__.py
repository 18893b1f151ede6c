"""From a commit to production in stages. `running` starts processes and `history` keeps files; the rest is pure."""
