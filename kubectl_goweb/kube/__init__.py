"""The only room that talks to the API server: kubeconfig, connection, watches, store. Bytes in, bytes out; no
judgement, no printing.
"""
