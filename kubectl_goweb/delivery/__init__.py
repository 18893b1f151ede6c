"""From a Go repository to a running release: service file, image, scan, manifests, pipeline. The docker package lives
here only; what is written to a cluster goes through kube.
"""
