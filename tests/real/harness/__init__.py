"""A real Kubernetes on one Linux machine, for tests.

The whole cluster lives in a network namespace of its own, with a virtual cable to the host. So every port is the
well-known one, several clusters stand side by side, nothing of it is reachable from another machine, and deleting the
namespace deletes its routes, bridges and firewall rules.

Layers, lower ones first: `errors`, `layout` (where everything is), `processes` (daemons), `machine` and `build` (what
must be there before), `pki`, then one module a part (`network`, `controlplane`, `runtime`, `images`, `node`, `kwok`,
`remains`), then `cluster` (the order of it all) and `access` (logins). Only the standard library is used, because this
starts before any environment exists. What must not live here: anything about the product under test.
"""
