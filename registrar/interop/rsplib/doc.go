// Package rsplib is tests only: one scope with RSPLIB, the implementation in the
// field, whose packaged programs are black boxes here. Each host is a network
// namespace. The tests skip where the kernel has no SCTP; make interop runs them,
// on User-Mode Linux there, and prints what they found as a table.
//
// It knows how RSPLIB's programs are called and what they print. It refuses to
// know how they work.
//
// Open elements_test.go first for what a scenario looks like, then scene_test.go,
// host_test.go and process_test.go for what it stands on, take_test.go for when one is
// played again, and report_test.go for what comes of it. scope_test.go has mixed scopes
// of registrars, takeover_scope_test.go those in which one dies.
package rsplib
