"""What a drain may touch, as the user allows it."""

from msgspec import Struct


class Flags(Struct, frozen=True, rename="camel"):
    """What the user allows, as kubectl's flags of the same names."""

    ignore_daemonsets: bool = False
    delete_emptydir_data: bool = False
    force: bool = False
    skip_wait_for_delete_timeout: int = 0
    """Seconds; Pods that are being deleted for longer are left alone. 0: none are."""
