"""What happens when a node is drained, told before anything is done: which Pods go and which stay, where each could go,
which disruption budget holds it up and because of whom, and what stays available meanwhile.

    simulation = simulation.simulate(node, world, flags, now)

Pure. Reading what it needs, and draining in earnest, is for `actions`. Its modules are imported one by one: who only
speaks of flags does not load the scheduler's rules.
"""
