"""What can be done to the cluster: request, Plan, confirm, apply. The way from a key or a verb to the API server, and
the only one.

    request = Scale(Ref("Deployment", "web", "shop"), replicas=5)
    planned = prepare(connection, request, now)
    ... show the Plan, have it confirmed ...
    applied = apply(planned, connection, journal=journal, now=now)

`requests` says what is wanted, as data; `prepare` looks and judges, which gives a Plan or a Refusal; `apply` writes
and keeps the journal; on a ConflictError, prepare again. `verbs` declares what there is to do, for keys and command
line alike. Planning is pure: values in, a Plan out; only `prepare`, `apply` and `journal` touch the world.
"""
