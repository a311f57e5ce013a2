package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/licensecheck"
)

// allowed are the licences that may be linked into what is under Apache-2.0: they ask
// for no more than to be named, which the releases do (see readLicences). Another one
// needs a decision, not just an entry here.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}

// covered is how much of a file must be the words of licences, in percent. The rest
// is titles and names.
const covered = 75

// TestLicences: whatever is linked into the registrar, on any platform, or into the
// page is under a licence that may be.
func TestLicences(t *testing.T) {
	root, err := output(exec.Command("go", "env", "GOROOT"))
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]string{"Go": strings.TrimSpace(string(root))}
	for _, p := range platforms {
		maps.Copy(modules, linked(t, p, "./cmd/registrar"))
	}
	for module, dir := range linked(t, platform{"js", "wasm"}, "./wasm") {
		if modules[module] == "" {
			t.Errorf("%s: linked into the page alone; releases name the licences of the registrar's modules", module)
		}
		modules[module] = dir
	}
	for _, module := range slices.Sorted(maps.Keys(modules)) {
		texts, err := termsIn(modules[module])
		if err == nil {
			err = mayBeLinked(texts)
		}
		if err != nil {
			t.Errorf("%s: %v", module, err)
		}
	}
}

// linked are the modules of a program, with their directories.
func linked(t *testing.T, p platform, program string) map[string]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", program)
	cmd.Dir = filepath.Join("..", "..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.os, "GOARCH="+p.arch)
	out, err := output(cmd)
	if err != nil {
		t.Fatal(err)
	}
	modules := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		if module, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			modules[module] = dir
		}
	}
	if len(modules) == 0 {
		t.Fatalf("%s for %v links no module at all", program, p)
	}
	return modules
}

// mayBeLinked says which of a module's terms are not allowed.
func mayBeLinked(texts tree) (err error) {
	found := false
	for _, f := range texts {
		if strings.HasPrefix(f.name, "NOTICE") {
			continue // names, no terms
		}
		terms := licensecheck.Scan(f.data)
		if terms.Percent < covered {
			err = errors.Join(err, fmt.Errorf("%s: only %.0f %% of it are the words of a known licence: read it", f.name, terms.Percent))
		}
		for _, m := range terms.Match {
			found = true
			if !slices.Contains(allowed, m.ID) {
				err = errors.Join(err, fmt.Errorf("%s: licence %s may not be linked, only %s: look for another module", f.name, m.ID, strings.Join(allowed, ", ")))
			}
		}
	}
	if err == nil && !found {
		return errors.New("no licence found")
	}
	return err
}

func TestMayBeLinked(t *testing.T) {
	own, err := os.ReadFile("../../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	const gpl = "This program is free software; you can redistribute it and/or modify it under the terms of the GNU General Public License as published by " +
		"the Free Software Foundation; either version 2 of the License, or (at your option) any later version."
	for _, tt := range []struct {
		name, text, want string
	}{
		{"LICENSE", string(own), ""},
		{"COPYING", gpl, "GPL-2.0-or-later may not be linked"},
		{"LICENSE", "Do as you are told.", "read it"},
		{"NOTICE", string(own), "no licence found"},
	} {
		err := mayBeLinked(tree{{tt.name, 0, []byte(tt.text)}})
		if got := fmt.Sprint(err); (err == nil) != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s %.40q: %v, want %q", tt.name, tt.text, err, tt.want)
		}
	}
}
