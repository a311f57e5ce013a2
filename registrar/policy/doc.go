// Package policy is the member selection of RFC 5356: which elements of a pool
// a handle resolution returns, and in which order. It has a file for each
// policy, and one for the names and specifications that people read and write.
//
// It knows elements and their policy parameters, but no pool handle, home,
// clock or message. Policies without a file of their own are selected in the
// order of arrival.
//
// Start with round_robin.go.
package policy
