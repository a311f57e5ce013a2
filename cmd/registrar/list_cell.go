package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"rserpool/registrar/policy"
)

// cell is the value at a path, for people; "-" where there is none.
func cell(v any, path string) string {
	for name := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	switch v := v.(type) {
	case nil:
		return "-"
	case string:
		if v == "" {
			return "-"
		}
		if at, err := time.Parse(timeFormat, v); err == nil {
			return at.UTC().Format("2006-01-02 15:04:05")
		}
		return visible(v)
	case []any:
		list := make([]string, len(v))
		for i, e := range v {
			list[i] = fmt.Sprint(e)
		}
		return strings.Join(list, ",")
	case map[string]any: // of a policy: its value, or values
		return policyText(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// visible writes control characters out: what others have named or said must not
// command the terminal.
func visible(text string) string {
	if !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}

// policyFields are the values that policies have, by their keys in the API.
var policyFields = []struct {
	key, name string
	unit      policy.Unit
}{
	{"weight", "weight", policy.Number},
	{"priority", "priority", policy.Number},
	{"load", "load", policy.Share},
	{"load_degradation", "degradation", policy.Share},
	{"dpf", "dpf", policy.Share},
	{"distance_milliseconds", "distance", policy.Milliseconds},
}

// policyText shows what an element has registered for its pool's policy.
func policyText(values map[string]any) string {
	var list []string
	for _, f := range policyFields {
		if n, ok := values[f.key].(float64); ok {
			list = append(list, f.name+" "+policy.FieldValue{Field: policy.Field{Unit: f.unit}, Value: uint32(n)}.String())
		}
	}
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, ", ")
}
