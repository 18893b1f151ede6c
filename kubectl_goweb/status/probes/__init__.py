"""Probe results: what one is, what was declared, what a history of them says, and where two of them disagree. Sending
probes lives in probing.
"""
