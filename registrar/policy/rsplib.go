package policy

// The fields of RSPLIB's policies that prefer near elements: how far the element
// is, as a delay, and the factor by which that counts.
var (
	dpfField      = Field{"dpf", Share}
	distanceField = Field{"distance", Milliseconds}
)

// rsplib are the private policies of RSPLIB with a known layout, so that an
// element that one of its registrars is home of is shown with its values.
var rsplib = []Rule{
	{
		Type: 0xb0001001, Short: "rplu", Name: "randomized_priority_least_used", Title: "Randomized priority least used",
		Fields: []Field{loadField, degradationField},
		User:   AtRandom,
	},
	{
		Type: 0xb0001002, Short: "rlud", Name: "randomized_least_used_degradation", Title: "Randomized least used, degradation",
		Fields: []Field{loadField, degradationField},
		User:   AtRandom,
	},
	{
		Type: 0xb0001003, Short: "plud", Name: "priority_least_used_degradation", Title: "Priority least used, degradation",
		Fields: []Field{loadField, degradationField},
		User:   InOrder,
	},
	{
		Type: 0xb0001004, Short: "rplud", Name: "randomized_priority_least_used_degradation", Title: "Randomized priority least used, degradation",
		Fields: []Field{loadField, degradationField},
		User:   AtRandom,
	},
	{
		Type: 0xb0002001, Short: "wrand-dpf", Name: "weighted_random_dpf", Title: "Weighted random, distance",
		Fields: []Field{weightField, dpfField, distanceField},
		User:   AtRandom,
	},
	{
		Type: 0xb0002002, Short: "lu-dpf", Name: "least_used_dpf", Title: "Least used, distance",
		Fields: []Field{loadField, dpfField, distanceField},
		User:   InOrder,
	},
	{
		Type: 0xb0002003, Short: "lud-dpf", Name: "least_used_degradation_dpf", Title: "Least used, degradation, distance",
		Fields: []Field{loadField, degradationField, dpfField, distanceField},
		User:   InOrder,
	},
}
