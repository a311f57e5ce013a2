package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every flag and every command that the README names is there.
func TestReadme(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	root := newRootCmd(io.Discard)
	known := make(map[string]bool)
	everyCommand(func(cmd *cobra.Command) {
		add := func(f *pflag.Flag) { known[f.Name] = true }
		cmd.LocalFlags().VisitAll(add)
		cmd.PersistentFlags().VisitAll(add)
	})
	text := string(b)
	for _, m := range regexp.MustCompile("`--([a-z][a-z-]*)").FindAllStringSubmatch(text, -1) {
		if !known[m[1]] {
			t.Errorf("the README names --%s, which no command has", m[1])
		}
	}
	found := 0
	for line := range strings.Lines(text) {
		_, words, isCommand := strings.Cut(strings.TrimSpace(line), "registrar ")
		if !isCommand || !strings.HasPrefix(strings.TrimSpace(line), "bin/registrar ") && !strings.HasPrefix(line, "registrar ") {
			continue
		}
		found++
		words, _, _ = strings.Cut(words, "   #")
		cmd, rest, err := root.Find(strings.Fields(words))
		if err != nil || !cmd.HasParent() {
			t.Errorf("the README has %q: no such command (%v)", words, err)
			continue
		}
		for _, w := range rest {
			name, isFlag := strings.CutPrefix(w, "--")
			name, _, _ = strings.Cut(name, "=")
			if isFlag && name != "" && cmd.Flag(name) == nil {
				t.Errorf("the README has %q: %s has no --%s", words, cmd.CommandPath(), name)
			}
			if w == "--" {
				break
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d commands found in the README", found)
	}
}
