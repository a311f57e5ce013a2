// Package policy is RFC 5356: how elements of a pool are selected. A registrar
// has a Set for each pool, which says what elements an answer lists and in which
// order; a pool user has a Choice for each answer, which says whom to use next.
// Both, and all that people read and write about policies, follow from one Rule
// for each policy, in a file of its own.
//
// It knows the values in a policy's parameter, but no pool handle, home, clock,
// message or load: the caller numbers the members and hands in the randomness.
//
// # Private policies
//
// A policy that RFC 5356 does not define takes one file with one declaration,
// and no change elsewhere: the codec carries its data, and specifications,
// commands, pages and exports have its names and values.
//
//	var _ = policy.Register(policy.Rule{
//		Type: 0x80000001, Short: "cheap", Name: "cheapest", Title: "Cheapest",
//		Fields: []policy.Field{{Name: "price", Unit: policy.Number}},
//		NewSet: policy.Ranked(func(v policy.Values) uint64 { return uint64(v[0]) }),
//		User:   policy.InOrder,
//	})
//
// NewSet is one of the ways to select: Circular (in turn), Weighted (in turn, as
// often as the weight says), Drawn (at random by weight), Ranked (the lowest
// first), Degrading (the lowest first, and each selection counts). It goes by
// the first two fields. Without NewSet, elements with the policy are carried and
// shown, but cannot register: as RSPLIB's, in rsplib.go.
//
// Start with rule.go; then round_robin.go and ranking.go on the registrar's side
// and user.go on the pool user's.
package policy
