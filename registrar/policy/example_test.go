package policy_test

import (
	"fmt"
	"math/rand/v2"

	"rserpool/registrar/index"
	"rserpool/registrar/policy"
)

// The policy is in a file of its own, and this is all of it.
var _ = policy.Register(policy.Rule{
	Type: 0x80000100, Short: "cheap", Name: "cheapest", Title: "Cheapest",
	Fields: []policy.Field{{Name: "price", Unit: policy.Number}, {Name: "delay", Unit: policy.Milliseconds}},
	NewSet: policy.Ranked(func(v policy.Values) uint64 { return uint64(v[0]) }),
	User:   policy.InOrder,
})

// A private policy is known everywhere as soon as it is registered.
func ExampleRegister() {
	var nodes index.Nodes
	members := policy.NewMembers(&nodes)
	set := members.NewSet(0x80000100)
	for i, spec := range []string{"cheap:30:5ms", "Cheapest:10:20ms", "cheapest:20"} {
		p, err := policy.Parse(spec)
		if err != nil {
			fmt.Println(err)
			return
		}
		set.Join(uint32(i+1), policy.ValuesOf(p))
		fmt.Println(policy.Title(p.Type), policy.Spec(p))
	}
	fmt.Println(set.Pick(nil, 2, rand.New(rand.NewPCG(1, 2))))
	// Output:
	// Cheapest cheap:30:5ms
	// Cheapest cheap:10:20ms
	// Cheapest cheap:20:0ms
	// [2 3]
}
