"""What changed before a workload broke: revisions, configuration, images, nodes, autoscalers, certificates, with who
did it and when, ranked by closeness to the onset. Pure: what is asked for is said in `wants`.
"""
