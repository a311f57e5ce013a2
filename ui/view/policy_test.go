package view

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/feed"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

func parsed(t *testing.T, spec string) wire.Policy {
	t.Helper()
	p, err := policy.Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPolicyCell(t *testing.T) {
	none := Bar{"0", "0", "0"}
	tests := []struct {
		spec  string
		head  string
		text  string
		bar   Bar
		plain bool
	}{
		{"rr", "Value", unknown, none, true},
		{"rand", "Value", unknown, none, true},
		{"wrr:1000", "Weight", "1,000", Bar{"48", "48", "0"}, false},
		{"wrand:0", "Weight", "0", none, false},
		{"prio:2000", "Priority", "2,000", Bar{"96", "96", "0"}, false},
		{"lu:50%", "Load", "50 %", Bar{"48", "48", "0"}, false},
		{"rlu:100%", "Load", "100 %", Bar{"86", "86", "10"}, false},
		{"lud:50%:5%", "Load, degradation", "50 % +5 %", Bar{"48", "48", "0"}, false},
		{"plu:50%:5%", "Load, degradation", "50 % +5 %", Bar{"48", "48", "0"}, false},
		{"rplu:50%:5%", "Load, degradation", "50 % +5 %", Bar{"48", "48", "0"}, false},
		{"wrand-dpf:1000:5%:1500ms", "Weight, dpf, distance", "1,000, 5 %, 1,500 ms", Bar{"48", "48", "0"}, false},
		{"lud-dpf:50%:5%:1%:50ms", "Load, degradation, dpf, distance", "50 % +5 %, 1 %, 50 ms", Bar{"48", "48", "0"}, false},
		{"0xb0001001:00ff", "Load, degradation", "0x00ff", none, true},             // POL-7-05
		{"0x80000001:0102030405060708", "Value", "0x0102030405060708", none, true}, // POL-7-05
		{"0x80000001:010203040506070809", "Value", "0x0102030405060708…", none, true},
		{"0x80000001", "Value", unknown, none, true},
	}
	for _, tt := range tests {
		t.Run(tt.spec, func(t *testing.T) {
			p := parsed(t, tt.spec)
			text, bar, plain := policyCell(p, 2000)
			if text != tt.text || bar != tt.bar || plain != tt.plain {
				t.Errorf("have %q, %v, plain %v, want %q, %v, plain %v", text, bar, plain, tt.text, tt.bar, tt.plain)
			}
			if head := valueName(p.Type); head != tt.head {
				t.Errorf("the column is %q, want %q", head, tt.head)
			}
		})
	}
}

func TestSortByPolicyValue(t *testing.T) {
	tests := []struct {
		name  string
		specs []string
		want  []wire.PEIdentifier
	}{
		{"weight", []string{"wrr:7", "wrr:4294967295", "wrr:0"}, []wire.PEIdentifier{3, 1, 2}},
		{"load, not degradation", []string{"lud:20%:0", "lud:10%:90%", "lud:30%"}, []wire.PEIdentifier{2, 1, 3}},
		{"private", []string{"rplu:20%", "rplu:10%:90%", "rplu:30%"}, []wire.PEIdentifier{2, 1, 3}},
		{"unknown", []string{"0x80000001:02000000", "0x80000001:01000000ff", "0x80000001:01"}, []wire.PEIdentifier{3, 2, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScope()
			for i, spec := range tt.specs {
				s.element(wire.PoolHandle('a'+rune(i)), wire.PEIdentifier(i+1), self, parsed(t, spec), feed.Up)
			}
			for _, sort := range []string{"value", "-value"} {
				var got []wire.PEIdentifier
				for _, row := range Build(s.Replica, s.now, Query{Kind: Elements, Sort: sort}).Elements.Rows {
					id, err := wire.ParseID(row.ID)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, wire.PEIdentifier(id))
				}
				want := slices.Clone(tt.want)
				if sort == "-value" {
					slices.Reverse(want)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("sort %s (-want +got):\n%s", sort, diff)
				}
			}
		})
	}
}
