package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every flag that the README names in its text is there; TestDocumented is for its
// commands.
func TestReadme(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	everyCommand(func(cmd *cobra.Command) {
		add := func(f *pflag.Flag) { known[f.Name] = true }
		cmd.LocalFlags().VisitAll(add)
		cmd.PersistentFlags().VisitAll(add)
	})
	for _, m := range regexp.MustCompile("`--([a-z][a-z-]*)").FindAllStringSubmatch(string(b), -1) {
		if !known[m[1]] {
			t.Errorf("the README names --%s, which no command has", m[1])
		}
	}
}
