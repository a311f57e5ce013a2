package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manPages writes the pages and gives them by name.
func manPages(t *testing.T) map[string]string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "share", "man1")
	if got := command(t, "man", dir); got.code != exitOK || got.stdout+got.stderr != "" {
		t.Fatalf("man DIR: %+v, want success and no output", got)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	pages := make(map[string]string)
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		pages[f.Name()] = string(text)
	}
	return pages
}

func TestMan(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	pages := manPages(t)
	if diff := cmp.Diff(pages, manPages(t)); diff != "" {
		t.Errorf("a second run writes something else:\n%s", diff)
	}
	var check func(cmd *cobra.Command)
	want := 0
	check = func(cmd *cobra.Command) {
		want++
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
		page := strings.ReplaceAll(pages[name], `\-`, "-")
		if !strings.Contains(page, `"Nov 2023"`) {
			t.Errorf("%s has not the date of SOURCE_DATE_EPOCH:\n%.300s", name, page)
		}
		if !strings.Contains(page, cmd.Short) {
			t.Errorf("%s does not say %q", name, cmd.Short)
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(page, "--"+f.Name) {
				t.Errorf("%s does not know --%s", name, f.Name)
			}
		})
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				check(sub)
			}
		}
	}
	check(newRootCmd(io.Discard))
	if len(pages) != want {
		t.Errorf("%d pages for %d commands", len(pages), want)
	}
	if list := ".EX\n  echo, discard, daytime  RFC 862"; !strings.Contains(pages["registrar-element.1"], list) {
		t.Errorf("registrar-element.1 has not its list of services, which begins %q", list)
	}
	if got := command(t, "man"); got.code != exitOK || got.stdout != pages["registrar.1"] {
		t.Errorf("man: code %d, stderr %q, and %d bytes on stdout; want the %d of registrar.1", got.code, got.stderr, len(got.stdout), len(pages["registrar.1"]))
	}
}

func TestManDate(t *testing.T) {
	const commit = "2026-05-06T07:08:09+02:00"
	for _, tt := range []struct{ epoch, committed, want string }{
		{"1700000000", commit, `"Nov 2023"`},
		{"", commit, `"May 2026"`},
		{"", "", `"1" "" "registrar`},
	} {
		date, err := manDate(tt.epoch, tt.committed)
		if err != nil {
			t.Fatal(err)
		}
		page, err := manPage(newRootCmd(io.Discard), date)
		if err != nil || !strings.Contains(string(page), tt.want) {
			t.Errorf("epoch %q, commit %q: %v, want %s in\n%.200s", tt.epoch, tt.committed, err, tt.want, page)
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	if got := command(t, "man"); got.code != exitUsage || !strings.Contains(got.stderr, `SOURCE_DATE_EPOCH is "yesterday": want seconds`) {
		t.Errorf("a date in words: %+v, want a usage error", got)
	}
}
