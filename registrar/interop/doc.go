// Package interop is tests only: what this project's SCTP and the kernel's make of
// each other. They skip where the kernel has none; make interop runs them, on
// User-Mode Linux there.
//
// Open host_test.go first: what a test needs of the machine. Command uml below it
// boots the machine. Command chaos is for scopes of ours alone.
package interop
