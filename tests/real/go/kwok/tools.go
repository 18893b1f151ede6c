//go:build tools

// Package tools pins kwok, which plays nodes and Pods; its versions clash with those of the cluster, so it has a module of its own.
package tools

import _ "sigs.k8s.io/kwok/cmd/kwok"
