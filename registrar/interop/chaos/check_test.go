package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// viewOf is what a registrar would say: its ID, its digest, and elements of pool P as
// ID@HOME.
func viewOf(t *testing.T, id, digest string, elements ...string) view {
	t.Helper()
	var list []string
	for _, e := range elements {
		id, home, _ := strings.Cut(e, "@")
		list = append(list, fmt.Sprintf(`{"id": %q, "home_registrar": %q}`, id, home))
	}
	text := fmt.Sprintf(`{"digest": %q, "registrar": {"id": %q}, "pools": [{"handle": "P", "elements": [%s]}]}`, digest, id, strings.Join(list, ","))
	var v view
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDifferent(t *testing.T) {
	one, two := element{"P", "1"}, element{"P", "2"}
	for _, c := range []struct {
		name   string
		views  []view
		living living
		want   []string
	}{
		{"all is well", []view{viewOf(t, "a", "d", "1@a", "2@b"), viewOf(t, "b", "d", "1@a", "2@b")}, living{one: true, two: true}, nil},
		{"one lacks an element", []view{viewOf(t, "a", "d", "1@a", "2@b"), viewOf(t, "b", "e", "1@a")}, living{one: true, two: true}, []string{
			"registrar b lacks 1 elements: 2 of P", "registrar b has digest e, a has d",
		}},
		{"both have one that died", []view{viewOf(t, "a", "d", "1@a", "2@b"), viewOf(t, "b", "d", "1@a", "2@b")}, living{one: true}, []string{
			"registrar a has, though they do not live, 1 elements: 2 of P", "registrar b has, though they do not live, 1 elements: 2 of P",
		}},
		{"a home that died", []view{viewOf(t, "a", "d", "1@c")}, living{one: true}, []string{"registrar a has, at a home that does not live, 1 elements: 1 of P at c"}},
		{"two homes", []view{viewOf(t, "a", "d", "1@a"), viewOf(t, "b", "e", "1@b")}, living{one: true}, []string{
			"registrar b has digest e, a has d; 1 elements have different homes: 1 of P at a and b",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if have := different(c.views, c.living); strings.Join(have, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("have\n%s\nwant\n%s", strings.Join(have, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestSome(t *testing.T) {
	if have, want := some([]string{"f", "e", "d", "c", "b", "a"}), "a, b, c, d, e ..."; have != want {
		t.Errorf("have %q, want %q", have, want)
	}
}

func TestCrash(t *testing.T) {
	for text, want := range map[string]string{
		"time=1 msg=serving\n":                         "",
		"time=1 text=\"panic: not one\"\n":             "",
		"time=1\npanic: runtime error: oh\n\ngo":       "panic: runtime error: oh",
		"fatal error: all goroutines are asleep\nmore": "fatal error: all goroutines are asleep",
	} {
		if have := crash([]byte(text)); have != want {
			t.Errorf("crash(%q) is %q, want %q", text, have, want)
		}
	}
}

func TestLeaks(t *testing.T) {
	before := usage{Goroutines: 90, Descriptors: 16, Associations: 10, Resident: 40 << 20}
	for _, c := range []struct {
		name  string
		after usage
		want  string
	}{
		{"as before", before, ""},
		{"more associations", usage{Goroutines: 90 + 20*goroutinesPer, Descriptors: 16, Associations: 30, Resident: 50 << 20}, ""},
		{"goroutines", usage{Goroutines: 90 + spareGoroutines + 1, Descriptors: 16, Associations: 10}, "111 goroutines"},
		{"goroutines of associations that have ended", usage{Goroutines: 90, Descriptors: 16, Associations: 4}, "90 goroutines with 4"},
		{"descriptors", usage{Goroutines: 90, Descriptors: 23, Associations: 10}, "23 descriptors"},
		{"memory", usage{Goroutines: 90, Descriptors: 16, Associations: 10, Resident: 129 << 20}, "129 MB resident"},
	} {
		t.Run(c.name, func(t *testing.T) {
			have := strings.Join(leaks("r", before, c.after), "\n")
			if (c.want == "") != (have == "") || !strings.Contains(have, c.want) {
				t.Errorf("have %q, want %q", have, c.want)
			}
		})
	}
}

func TestMetrics(t *testing.T) {
	m := parseMetrics("# TYPE go_goroutines gauge\ngo_goroutines 47\nrserpool_associations{protocol=\"asap\"} 3\nrserpool_associations{protocol=\"enrp\"} 4\n" +
		"rserpool_associations_x 9\nprocess_open_fds 16\ngo_memstats_heap_alloc_bytes 1.5e+07\nprocess_resident_memory_bytes 4e+07\nnonsense\n")
	if want := (usage{Goroutines: 47, Descriptors: 16, Associations: 7, Live: 15_000_000, Resident: 40_000_000}); m.usage() != want {
		t.Errorf("have %+v, want %+v", m.usage(), want)
	}
}
