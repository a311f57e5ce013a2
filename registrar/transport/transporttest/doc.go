// Package transporttest is the contract of package transport as a test suite.
// Every backend runs it; what one promises, all keep.
//
// It knows the interfaces of package transport only, and an Env each backend
// provides: where to listen, and how to make a peer fall silent. It refuses to
// know what is special to a backend; those tests are beside the backend.
//
// Open suite.go first.
package transporttest
