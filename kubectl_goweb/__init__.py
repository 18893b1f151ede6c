"""kubectl goweb: watch, judge and release Go web services on Kubernetes."""

__version__ = "0.1.0"
