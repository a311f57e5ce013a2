//go:build !js

package registrar_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// bannedImport says why a pure file may not import path; "" when it may.
func bannedImport(path string) string {
	root, _, _ := strings.Cut(path, "/")
	switch {
	case path == "net/netip":
		return ""
	case root == "net":
		return "sockets belong to transport; addresses are net/netip"
	case root == "os" || root == "syscall":
		return "files, processes and signals belong to cmd/registrar"
	case root == "sync":
		return "one goroutine owns the state; nothing here locks"
	case root == "log":
		return "report through an effect; the driver logs"
	case path == "math/rand" || path == "crypto/rand":
		return "take a seeded math/rand/v2 source as an argument"
	}
	return ""
}

// clock are the functions of package time that read or wait for the clock.
var clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// seeded are the names of math/rand/v2 that work on a source of the caller's;
// all others draw from the global one.
var seeded = []string{"New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "Source", "PCG", "ChaCha8", "Zipf"}

// impurities parses one file and returns a line for each thing in it that a
// pure package does without.
func impurities(name string, src []byte) ([]string, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, 0)
	if err != nil {
		return nil, err
	}
	var found []string
	report := func(n ast.Node, format string, args ...any) {
		found = append(found, fmt.Sprintf("%s:%d: ", name, fset.Position(n.Pos()).Line)+fmt.Sprintf(format, args...))
	}
	imported := make(map[string]string) // the file's name for a package -> its path
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		local := path.Base(p)
		if p == "math/rand/v2" {
			local = "rand"
		}
		if spec.Name != nil {
			local = spec.Name.Name
		}
		imported[local] = p
		if why := bannedImport(p); why != "" {
			report(spec, "imports %s: %s", p, why)
		}
		if local == "." {
			report(spec, "dot import of %s hides what is used", p)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			report(n, "go statement")
		case *ast.SelectStmt:
			report(n, "select statement")
		case *ast.ChanType:
			report(n, "channel type")
		case *ast.SendStmt:
			report(n, "channel send")
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				report(n, "channel receive")
			}
		case *ast.SelectorExpr:
			pkg, ok := n.X.(*ast.Ident)
			if !ok {
				break
			}
			switch name := n.Sel.Name; imported[pkg.Name] {
			case "time":
				if slices.Contains(clock, name) {
					report(n, "time.%s: time is an argument", name)
				}
			case "math/rand/v2":
				if !slices.Contains(seeded, name) {
					report(n, "rand.%s draws from the global source", name)
				}
			}
		}
		return true
	})
	return found, nil
}

// The checker itself: what it must find in a file, and what it must leave alone.
func TestImpurities(t *testing.T) {
	tests := []struct {
		name string
		src  string
		want []string
	}{
		{"clean", "import (\n\"math/rand/v2\"\n\"net/netip\"\n\"time\"\n)\n" +
			"func f(now time.Time, r *rand.Rand, a netip.Addr) time.Time { return now.Add(time.Second * time.Duration(r.IntN(3))) }", nil},
		{"own source", `import "math/rand/v2"; var r = rand.New(rand.NewPCG(1, 2))`, nil},
		{"method Now", `type c struct{}; func (c) Now() int { return 1 }; var time c; var x = time.Now()`, nil},
		{"socket", `import _ "net"`, []string{"imports net:"}},
		{"server", `import _ "net/http"`, []string{"imports net/http:"}},
		{"file", `import _ "os"`, []string{"imports os:"}},
		{"signal", `import _ "os/signal"`, []string{"imports os/signal:"}},
		{"lock", `import _ "sync"`, []string{"imports sync:"}},
		{"atomic", `import _ "sync/atomic"`, []string{"imports sync/atomic:"}},
		{"log", `import _ "log/slog"`, []string{"imports log/slog:"}},
		{"system call", `import _ "syscall"`, []string{"imports syscall:"}},
		{"old rand", `import _ "math/rand"`, []string{"imports math/rand:"}},
		{"entropy", `import _ "crypto/rand"`, []string{"imports crypto/rand:"}},
		{"global rand", `import "math/rand/v2"; var x = rand.IntN(6)`, []string{"rand.IntN draws"}},
		{"clock", `import "time"; var x = time.Now()`, []string{"time.Now:"}},
		{"clock, renamed", `import t "time"; var x = t.Since(t.Time{})`, []string{"time.Since:"}},
		{"clock, as a value", `import "time"; var x = time.Sleep`, []string{"time.Sleep:"}},
		{"clock, dot", `import . "time"; var x = Now()`, []string{"dot import of time"}},
		{"timer", `import "time"; var x = time.NewTimer(1)`, []string{"time.NewTimer:"}},
		{"goroutine", `func f() { go f() }`, []string{"go statement"}},
		{"channel", `var c chan int`, []string{"channel type"}},
		{"channel by make", `var c = make(chan<- int, 1)`, []string{"channel type"}},
		{"select", `func f() { select {} }`, []string{"select statement"}},
		{"send and receive", `func f() { g() <- 1; <-g() }`, []string{"channel send", "channel receive"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := impurities("toy.go", []byte("package toy\n"+tt.src))
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("found %q, want %q", got, tt.want)
			}
			for i, want := range tt.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("finding %d is %q, want it to say %q", i, got[i], want)
				}
			}
		})
	}
	if _, err := impurities("toy.go", []byte("package")); err == nil {
		t.Error("a file that does not parse: no error")
	}
}
