// Package whatif tries what a pool would do: it selects from a copy of the pool, with
// other policies, values and failures, by the same code that answers handle
// resolutions, and says what share each element ought to get.
//
// It knows RFC 5356's policies by what they promise, not by how they select: that
// is package policy's, which the two are compared with. It knows no live pool.
//
// Start with run.go; ideal.go has what each policy promises, verdict.go whether
// the two agree.
package whatif
