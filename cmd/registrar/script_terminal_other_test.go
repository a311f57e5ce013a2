//go:build !linux

package main

import "github.com/rogpeppe/go-internal/testscript"

func scriptTerminal(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("terminal is of Linux: write [linux] in front of it")
}
