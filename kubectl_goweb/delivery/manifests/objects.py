"""All objects of a release, in the order in which they are applied: the Deployment last, when all it needs is there."""

from __future__ import annotations

from kubectl_goweb.delivery.manifests import access, configuration, database, workload
from kubectl_goweb.delivery.manifests.body import Body, Release


def objects(release: Release) -> tuple[Body, ...]:
    config = configuration.config_map(release)
    wanted = (
        workload.service_account(release),
        config,
        *configuration.store_objects(release),
        *database.postgres(release),
        access.service(release),
        access.network_policy(release),
        access.ingress(release),
        workload.disruption_budget(release),
        workload.deployment(release, config),
    )
    return tuple(one for one in wanted if one is not None)
