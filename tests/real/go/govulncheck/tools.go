//go:build tools

// Package tools names the command that is built from this module.
package tools

import _ "golang.org/x/vuln/cmd/govulncheck"
