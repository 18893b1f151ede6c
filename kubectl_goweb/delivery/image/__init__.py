"""The image: its context, its build by either builder as one stream of events, its way to a registry or a node.

The docker package and the docker command are used here and nowhere else.
"""
