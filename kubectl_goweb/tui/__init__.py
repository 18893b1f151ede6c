"""The cockpit: screens over the newest Snapshot. The only room that knows Textual.

Nothing here talks to a cluster or judges anything: state comes through `source`, meaning from `status`, words from
`tables`.
"""
