//go:build !js

package registrar_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "rserpool"

// The packages of the core, by what they stand on. Whoever imports one may
// import those below it too.
var (
	messages = []string{"registrar/index", "registrar/wire", "registrar/asap", "registrar/enrp", "registrar/policy"}
	state    = slices.Concat(messages, []string{"registrar/handlespace", "registrar/feed"})
	views    = slices.Concat(state, []string{"registrar/replica", "registrar/inspect", "registrar/whatif", "ui/view"})
	machines = []string{"registrar", "registrar/endpoint"}
)

// mayImport says which packages of this module each package may import. A
// package without a row falls under its parent's ("registrar/transport/udp"
// under "registrar/transport"), but never under "registrar": the core is named
// package by package. "..." stands for a package and everything below it.
var mayImport = map[string][]string{
	"registrar/index":          {},
	"registrar/wire":           {},
	"registrar/asap":           {"registrar/wire"},
	"registrar/enrp":           {"registrar/wire"},
	"registrar/policy":         {"registrar/wire", "registrar/index"},
	"registrar/handlespace":    messages,
	"registrar/feed":           messages,
	"registrar/replica":        state,
	"registrar":                state,
	"registrar/endpoint":       {"registrar/wire", "registrar/asap", "registrar/policy"},
	"registrar/inspect":        {"registrar/wire", "registrar/asap", "registrar/enrp", "registrar/policy", "registrar/feed"},
	"registrar/whatif":         state,
	"registrar/sim":            slices.Concat(state, machines, []string{"registrar/replica"}),
	"registrar/transport":      {"registrar/transport/..."},
	"registrar/auth":           {"registrar/wire", "registrar", "registrar/transport/..."},
	"registrar/capture":        {"registrar/wire", "registrar/enrp", "registrar/feed"},
	"registrar/capture/pcapng": {"registrar/capture", "registrar/transport", "registrar/wire", "registrar/asap"},
	"registrar/node":           slices.Concat(state, []string{"registrar", "registrar/capture", "registrar/node/...", "registrar/transport/..."}),
	"registrar/client":         {"registrar/wire", "registrar/asap", "registrar/policy", "registrar/endpoint", "registrar/client/...", "registrar/transport/..."},
	"registrar/load":           {"registrar/wire", "registrar/asap", "registrar/policy", "registrar/transport/..."},
	"registrar/abuse":          {},
	"registrar/interop":        {"registrar/..."},
	"registrar/marked":         {},
	"registrar/benchtable":     {"registrar/marked"},
	"ui/view":                  slices.Concat(state, []string{"registrar/replica", "registrar/inspect", "registrar/whatif"}),
	"ui":                       slices.Concat(views, []string{"ui/..."}),
	"wasm":                     views,
	"static":                   {"static/..."},
	"web":                      slices.Concat(views, []string{"registrar", "registrar/capture/...", "registrar/node", "registrar/sim", "ui/...", "static", "web/..."}),
	"cmd/registrar":            {"registrar/...", "ui/...", "static", "web/...", "cmd/..."},
}

// pure are the packages that hold no socket, clock, thread or chance: time
// and entropy are arguments, so a run replays from its seed, in a test as in
// the page.
var pure = slices.Concat(views, machines, []string{"registrar/sim"})

// wasmMustNotLink is what the page has no use for and would have to download.
var wasmMustNotLink = []string{"net/http", "encoding/json", "github.com/a-h/templ", "nhooyr.io/websocket"}

// maxLines is the length at which a file is no longer one concept. Generated
// code is free of it.
const maxLines = 800

func TestImports(t *testing.T) {
	for name, p := range packages(t, "./...") {
		allowed, ok := rule(name)
		if !ok {
			t.Errorf("package %s has no row in mayImport: add one that says what it may know", name)
		}
		for _, msg := range strangers(name, p.Imports, allowed) {
			t.Error(msg)
		}
	}
}

func TestPurePackages(t *testing.T) {
	for name, p := range packages(t, "./...") {
		if !slices.Contains(pure, name) {
			continue
		}
		for _, dep := range p.Deps {
			if dep == "net" || dep == "net/http" || dep == "log" || dep == "log/slog" {
				t.Errorf("%s depends on %s through %v", name, dep, p.Imports)
			}
		}
		for _, file := range goFiles(t, p.Dir) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			faults, err := impurities(name+"/"+filepath.Base(file), src)
			if err != nil {
				t.Error(err)
			}
			for _, fault := range faults {
				t.Error(fault)
			}
		}
	}
}

func TestPageStaysSmall(t *testing.T) {
	if len(goFiles(t, "../wasm")) == 0 {
		t.Skip("no package wasm in this tree")
	}
	pkgs := packages(t, "./wasm", "GOOS=js", "GOARCH=wasm")
	p, ok := pkgs["wasm"]
	if !ok {
		t.Fatal("go list does not know ./wasm for GOOS=js GOARCH=wasm")
	}
	for _, dep := range p.Deps {
		for _, banned := range wasmMustNotLink {
			if dep == banned || strings.HasPrefix(dep, banned+"/") {
				t.Errorf("wasm links %s: the page must not carry it", dep)
			}
		}
	}
	for _, msg := range strangers("wasm", p.Imports, mayImport["wasm"]) {
		t.Error(msg)
	}
}

func TestFileLength(t *testing.T) {
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name := d.Name(); name == "node_modules" || name == ".git" {
				return fs.SkipDir
			}
			return nil
		case filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_templ.go"):
			return nil
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if n := bytes.Count(src, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines, at most %d: split it by concept", file, n, maxLines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// goPackage is what this test reads of go list -json.
type goPackage struct {
	ImportPath, Dir string
	Imports, Deps   []string
}

// packages lists the packages of the module that match pattern, by their path
// inside the module. Packages that do not build are listed too (-e): the compiler
// reports those.
func packages(t *testing.T, pattern string, env ...string) map[string]goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Imports,Deps", pattern)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", pattern, err, &stderr)
	}
	found := make(map[string]goPackage)
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatalf("go list %s: %v", pattern, err)
		}
		name, ok := strings.CutPrefix(p.ImportPath, module+"/")
		if !ok {
			t.Fatalf("go list %s names %s, want only packages of module %s", pattern, p.ImportPath, module)
		}
		found[name] = p
	}
}

// goFiles are the sources of dir that are not tests, for every platform.
func goFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, "_test.go") })
}

// rule finds the row of mayImport for the package name.
func rule(name string) (allowed []string, ok bool) {
	if allowed, ok = mayImport[name]; ok {
		return allowed, true
	}
	for dir := path.Dir(name); dir != "." && dir != "registrar"; dir = path.Dir(dir) {
		if allowed, ok = mayImport[dir]; ok {
			return allowed, true
		}
	}
	return nil, false
}

// strangers names the imports of this module that allowed does not grant.
func strangers(name string, imports, allowed []string) []string {
	var found []string
	for _, imp := range imports {
		imp, ok := strings.CutPrefix(imp, module+"/")
		if !ok || slices.ContainsFunc(allowed, func(a string) bool {
			root, tree := strings.CutSuffix(a, "/...")
			return imp == root || tree && strings.HasPrefix(imp, root+"/")
		}) {
			continue
		}
		found = append(found, fmt.Sprintf("%s imports %s, but may import only %v", name, imp, allowed))
	}
	return found
}

func TestStrangers(t *testing.T) {
	tests := []struct {
		pkg     string
		imports []string
		bad     []string // what is refused, nil when nothing is
		known   bool
	}{
		{"registrar/asap", []string{"fmt", "rserpool/registrar/wire"}, nil, true},
		{"registrar/asap", []string{"rserpool/registrar/enrp"}, []string{"registrar/enrp"}, true},
		{"registrar/wire", []string{"rserpool/registrar"}, []string{"registrar"}, true},
		{"registrar", []string{"rserpool/registrar/handlespace", "rserpool/registrar/node"}, []string{"registrar/node"}, true},
		{"registrar/transport/udp", []string{"rserpool/registrar/transport", "rserpool/registrar/wire"}, []string{"registrar/wire"}, true},
		{"web", []string{"rserpool/ui/view", "rserpool/uiview"}, []string{"uiview"}, true},
		{"registrar/util", nil, nil, false},
		{"pkg/things", nil, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.pkg, func(t *testing.T) {
			allowed, known := rule(tt.pkg)
			if known != tt.known {
				t.Errorf("rule found: %v, want %v", known, tt.known)
			}
			var bad []string
			for _, msg := range strangers(tt.pkg, tt.imports, allowed) {
				bad = append(bad, strings.TrimSuffix(strings.Fields(msg)[2], ","))
			}
			if diff := cmp.Diff(tt.bad, bad); diff != "" {
				t.Errorf("refused imports (-want +got):\n%s", diff)
			}
		})
	}
}
