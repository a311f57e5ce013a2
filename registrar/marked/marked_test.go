package marked

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	begin = "<!-- bench:begin -->\n"
	end   = "<!-- bench:end -->\n"
)

func write(t *testing.T, text string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWrite(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"replaced", "# A\n" + begin + "\nold\n\n" + end + "behind\n", "# A\n" + begin + "\nnew\n\n" + end + "behind\n"},
		{"empty", begin + end, begin + "\nnew\n\n" + end},
		{"no newline at the end", begin + strings.TrimSuffix(end, "\n"), begin + "\nnew\n\n" + strings.TrimSuffix(end, "\n")},
		{"indented, carriage returns", "  <!-- bench:begin -->\r\nold\r\n" + end, "  <!-- bench:begin -->\r\n\nnew\n\n" + end},
		{"beside another", "<!-- interop:begin -->\nx\n<!-- interop:end -->\n" + begin + end, "<!-- interop:begin -->\nx\n<!-- interop:end -->\n" + begin + "\nnew\n\n" + end},
	} {
		file := write(t, c.in)
		if err := Write(file, "bench", "\nnew\n"); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got, _ := os.ReadFile(file); string(got) != c.want {
			t.Errorf("%s: the file is %q, want %q", c.name, got, c.want)
		}
		if got, err := Read(file, "bench"); err != nil || got != "new" {
			t.Errorf("%s: read again: %q, %v", c.name, got, err)
		}
	}
}

// TestNoSection: a file without the section stays as it is.
func TestNoSection(t *testing.T) {
	for _, c := range []struct{ name, in, why string }{
		{"no markers", "# A\n", `expected one line "<!-- bench:begin -->" and below it one line "<!-- bench:end -->", found 0 and 0`},
		{"a marker within a line", "see " + begin + end, "found 0 and 1"},
		{"the end first", end + begin, "found 1 and 1"},
		{"two", begin + end + begin + end, "found 2 and 2"},
	} {
		file := write(t, c.in)
		if err := Write(file, "bench", "new"); err == nil || !strings.Contains(err.Error(), c.why) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: Write says %v, want %q", c.name, err, c.why)
		}
		if got, _ := os.ReadFile(file); string(got) != c.in {
			t.Errorf("%s: the file is %q", c.name, got)
		}
		if _, err := Read(file, "bench"); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: Read says %v, want %q", c.name, err, c.why)
		}
	}
	missing := filepath.Join(t.TempDir(), "none.md")
	if err := Write(missing, "bench", "new"); err == nil {
		t.Error("Write made a file")
	}
	if _, err := Read(missing, "bench"); err == nil {
		t.Error("Read of no file succeeds")
	}
}
