"""The gate before a release: what scanners find, and whether it may pass.

`findings`, `trivy`, `govulncheck`, `gate` and `sarif` are pure; `running` starts the scanners.
"""
