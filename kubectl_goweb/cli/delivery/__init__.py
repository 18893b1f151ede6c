"""The verbs that bring a Go service from its repository to the cluster, a module each."""
