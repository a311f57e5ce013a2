package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
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

// SEC-26: the security notes say of every threat of RFC 5355 where it is met, and that
// insiders are out of scope.
func TestReadmeThreats(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	told := make(map[string]string)
	for _, row := range regexp.MustCompile(`(?m)^\| (2\.[0-9., ]+) \| (.*) \|$`).FindAllStringSubmatch(string(b), -1) {
		for section := range strings.SplitSeq(row[1], ", ") {
			told[section] = row[2]
		}
	}
	for n := 1; n <= 17; n++ {
		if section := fmt.Sprintf("2.%d", n); told[section] == "" {
			t.Errorf("the README does not say whether the threat of RFC 5355 section %s is met", section)
		}
	}
	if !strings.Contains(told["2.17"], "out of scope") {
		t.Errorf("insiders: %q, want them out of scope", told["2.17"])
	}
}
