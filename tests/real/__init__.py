"""The suite on a real cluster, and the cluster it runs on."""
