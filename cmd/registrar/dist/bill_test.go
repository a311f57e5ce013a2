package main

import (
	"debug/buildinfo"
	"encoding/json"
	"regexp"
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBill(t *testing.T) {
	r := release{version: "v1.2.3", date: testDate}
	p := program{platform{"linux", "arm64"}, []byte("program"), &buildinfo.BuildInfo{
		GoVersion: "go1.26.8", Main: debug.Module{Path: "rserpool"},
		Deps: []*debug.Module{
			{Path: "example.net/a", Version: "v2.0.0+incompatible", Sum: "h1:abc="},
			{Path: "example.net/b", Version: "v1.0.0", Replace: &debug.Module{Path: "example.net/c", Version: "v1.0.1"}},
		},
	}}
	text, err := r.bill(p)
	if err != nil {
		t.Fatal(err)
	}
	var b bill
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	if b.Format != "CycloneDX" || b.Spec != "1.5" || b.Version != 1 || b.Metadata.Timestamp != "2023-11-14T22:13:20Z" {
		t.Errorf("head is %+v", b)
	}
	// The pattern of the schema of CycloneDX 1.5, and version and variant of RFC 9562.
	if !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(b.Serial) {
		t.Errorf("serial number %q", b.Serial)
	}
	if c := b.Metadata.Component; c.Type != "application" || c.PURL != "pkg:golang/rserpool@v1.2.3" || len(c.Hashes) != 1 || len(c.Hashes[0].Content) != 64 {
		t.Errorf("the program is %+v", c)
	}
	want := []string{"pkg:golang/std@1.26.8", "pkg:golang/example.net/a@v2.0.0%2Bincompatible", "pkg:golang/example.net/c@v1.0.1"}
	var got []string
	for _, c := range b.Components {
		got = append(got, c.PURL)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]dependency{{"pkg:golang/rserpool@v1.2.3", want}}, b.Dependencies); diff != "" {
		t.Errorf("dependencies (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]property{{"go:sum", "h1:abc="}}, b.Components[1].Properties); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
	p.data = []byte("another")
	other, err := r.bill(p)
	if err != nil {
		t.Fatal(err)
	}
	var o bill
	if err := json.Unmarshal(other, &o); err != nil || o.Serial == b.Serial {
		t.Errorf("another program has the number %s too (%v)", o.Serial, err)
	}
}

func TestBillOfProgram(t *testing.T) {
	r := built(t)
	text, err := r.bill(r.programs[0])
	if err != nil {
		t.Fatal(err)
	}
	var b bill
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, c := range b.Components {
		names[c.Name] = true
	}
	for _, want := range []string{"std", "github.com/spf13/cobra", "github.com/pion/sctp"} {
		if !names[want] {
			t.Errorf("no %s among %d components", want, len(names))
		}
	}
	for _, never := range []string{"github.com/google/go-cmp", "github.com/chromedp/chromedp"} {
		if names[never] {
			t.Errorf("%s is for tests, and listed as if it were in the program", never)
		}
	}
}
