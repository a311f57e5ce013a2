//go:build !js

package registrar_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var listMissing = flag.Bool("conformance.missing", false, "TestConformance lists only the rows that no test names, with their text")

// TestConformance tells which rows of testdata/conformance.tsv the tests of
// this module name, and fails where one names a row that is not in the list.
// With -v it prints the report that make conformance shows.
func TestConformance(t *testing.T) {
	f, err := os.Open("testdata/conformance.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := parseRows(f)
	if err != nil {
		t.Fatal(err)
	}
	named, err := scanTests("..")
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	for _, row := range rows {
		known[row.id] = true
	}
	for id, places := range named {
		if !known[id] {
			t.Errorf("%s names %s, which is no row of testdata/conformance.tsv: mend the spelling", strings.Join(places, ", "), id)
		}
	}
	if testing.Verbose() {
		report(os.Stdout, rows, named, *listMissing)
	}
}

// row is one requirement of the list.
type row struct {
	section, id, level, who, source, text string
}

// must reports whether the row, or a part of it, needs an automated test.
func (r row) must() bool { return strings.Contains(r.level, "MUST") }

// parseRows reads the list: "## " starts a section, "# " is a comment, all
// else is a row of five columns.
func parseRows(in io.Reader) ([]row, error) {
	var rows []row
	section := ""
	seen := make(map[string]bool)
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = title
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		c := strings.Split(line, "\t")
		if len(c) != 5 || slices.Contains(c, "") || section == "" {
			return nil, fmt.Errorf("line %d: want five columns (ID, level, who, source, requirement) below a section heading, got %q", n, line)
		}
		if findIDs(c[0]) == nil || seen[c[0]] {
			return nil, fmt.Errorf("line %d: %q is no ID, or stands twice", n, c[0])
		}
		seen[c[0]] = true
		rows = append(rows, row{section, c[0], c[1], c[2], c[3], c[4]})
	}
	return rows, lines.Err()
}

// idPattern takes a whole word, so that ENRP-3.2-01 is not found in
// ENRP-3.2-010 and a slip like ENRP-3.2-01a or SEC-1 is seen as such.
var idPattern = regexp.MustCompile(`\b(?:(?:PAR|ASAP|ENRP|POL|UDP)-[0-9]+(?:\.[0-9]+)*|TMR|SEC|MIB|ARC)-[0-9]\w*`)

func findIDs(line string) []string { return idPattern.FindAllString(line, -1) }

// scanTests returns the places, file:line, at which the tests below root name
// each ID: Go tests and the transcripts in testdata.
func scanTests(root string) (map[string][]string, error) {
	named := make(map[string][]string)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return fs.SkipDir
		case d.IsDir() || !isTest(path):
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		n := 0
		for line := range strings.Lines(string(data)) {
			n++
			ids := findIDs(line)
			slices.Sort(ids)
			for _, id := range slices.Compact(ids) {
				named[id] = append(named[id], fmt.Sprintf("%s:%d", filepath.ToSlash(rel), n))
			}
		}
		return nil
	})
	return named, err
}

// isTest leaves this file out: its examples name rows, but test none.
func isTest(path string) bool {
	path = filepath.ToSlash(path)
	switch {
	case strings.HasSuffix(path, "registrar/conformance_test.go"):
		return false
	case strings.HasSuffix(path, ".txt"):
		return strings.Contains(path, "/testdata/")
	}
	return strings.HasSuffix(path, "_test.go")
}

// report prints every row with the number of places that name it and the first
// of them, or only the rows that none does; then the sums of each section.
func report(out io.Writer, rows []row, named map[string][]string, missing bool) {
	type sum struct{ rows, without, must, mustWithout int }
	add := func(s *sum, r row) {
		without := 0
		if len(named[r.id]) == 0 {
			without = 1
		}
		s.rows++
		s.without += without
		if r.must() {
			s.must++
			s.mustWithout += without
		}
	}
	var sections []string
	sums := make(map[string]*sum)
	var all sum
	for _, r := range rows {
		if sums[r.section] == nil {
			sections = append(sections, r.section)
			sums[r.section] = new(sum)
		}
		add(sums[r.section], r)
		add(&all, r)
		places := named[r.id]
		switch {
		case missing && len(places) == 0:
			fmt.Fprintf(out, "%-15s %-14s %-20s %s (%s)\n", r.id, r.level, r.who, r.text, r.source)
		case missing:
		case len(places) == 0:
			fmt.Fprintf(out, "%-15s %-14s %5d\n", r.id, r.level, 0)
		default:
			fmt.Fprintf(out, "%-15s %-14s %5d  %s\n", r.id, r.level, len(places), places[0])
		}
	}
	const line = "%-52s %5v %7v %8v %6v %13v\n"
	fmt.Fprintf(out, "\n"+line, "section", "rows", "named", "without", "MUST", "MUST without")
	for _, title := range sections {
		s := sums[title]
		fmt.Fprintf(out, line, title, s.rows, s.rows-s.without, s.without, s.must, s.mustWithout)
	}
	fmt.Fprintf(out, line, "all", all.rows, all.rows-all.without, all.without, all.must, all.mustWithout)
}

func TestFindIDs(t *testing.T) {
	tests := []struct {
		line string
		want []string
	}{
		{"// ENRP-3.2-01", []string{"ENRP-3.2-01"}},
		{"ENRP-3.2-010 is another one", []string{"ENRP-3.2-010"}},
		{"a slip: ENRP-3.2-01a, SEC-1", []string{"ENRP-3.2-01a", "SEC-1"}},
		{"PAR-3-04, ASAP-3.1-01; POL-4.1-02/UDP-5.1-01", []string{"PAR-3-04", "ASAP-3.1-01", "POL-4.1-02", "UDP-5.1-01"}},
		{"TMR-01 SEC-28 MIB-08 ARC-03", []string{"TMR-01", "SEC-28", "MIB-08", "ARC-03"}},
		{"section ENRP-3.2.3, INC-36, D-01, XENRP-3.2-01, RFC 5353", nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, findIDs(tt.line)); diff != "" {
			t.Errorf("IDs in %q (-want +got):\n%s", tt.line, diff)
		}
	}
}

func TestParseRows(t *testing.T) {
	const head = "# comment\n## 1 One\n"
	rows, err := parseRows(strings.NewReader(head + "SEC-01\tMUST*\tall\t5352 s9.2\tTLS\n## 2 Two\nSEC-02\tMAY\tPU\t5352\tMore\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []row{
		{"1 One", "SEC-01", "MUST*", "all", "5352 s9.2", "TLS"},
		{"2 Two", "SEC-02", "MAY", "PU", "5352", "More"},
	}
	if diff := cmp.Diff(want, rows, cmp.AllowUnexported(row{})); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	for name, bad := range map[string]string{
		"four columns": head + "SEC-01\tMUST\tall\tTLS\n",
		"empty column": head + "SEC-01\t\tall\t5352\tTLS\n",
		"no ID":        head + "SEC\tMUST\tall\t5352\tTLS\n",
		"twice":        head + "SEC-01\tMUST\tall\t5352\tTLS\nSEC-01\tMUST\tall\t5352\tTLS\n",
		"no section":   "SEC-01\tMUST\tall\t5352\tTLS\n",
	} {
		if _, err := parseRows(strings.NewReader(bad)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestReport(t *testing.T) {
	rows := []row{
		{"1 One", "SEC-01", "MUST", "all", "5352", "TLS"},
		{"1 One", "SEC-02", "MUST*", "all", "5352", "Keys"},
		{"2 Two", "SEC-03", "MAY", "PU", "5353", "More"},
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a_test.go":               "// SEC-01 SEC-01\n\n// SEC-01\n",
		"testdata/transcript.txt": "# SEC-03\n",
		"notes.txt":               "SEC-02",
		"a.go":                    "// SEC-02",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	named, err := scanTests(dir)
	if err != nil {
		t.Fatal(err)
	}
	wantNamed := map[string][]string{
		"SEC-01": {"a_test.go:1", "a_test.go:3"},
		"SEC-03": {"testdata/transcript.txt:1"},
	}
	if diff := cmp.Diff(wantNamed, named); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	sums := []string{
		"section rows named without MUST MUST without",
		"1 One 2 1 1 2 1",
		"2 Two 1 1 0 0 0",
		"all 3 2 1 2 1",
	}
	want := append([]string{"SEC-01 MUST 2 a_test.go:1", "SEC-02 MUST* 0", "SEC-03 MAY 1 testdata/transcript.txt:1", ""}, sums...)
	if diff := cmp.Diff(want, words(rows, named, false)); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	want = append([]string{"SEC-02 MUST* all Keys (5352)", ""}, sums...)
	if diff := cmp.Diff(want, words(rows, named, true)); diff != "" {
		t.Errorf("report of missing rows (-want +got):\n%s", diff)
	}
}

// words is the report line by line, its column widths taken out.
func words(rows []row, named map[string][]string, missing bool) []string {
	var out strings.Builder
	report(&out, rows, named, missing)
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}
