package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
)

// documentedDir has scripts that run what the README and the help texts show.
const documentedDir = "testdata/documented"

// notRun are the documented lines that no script runs, and why. Those that are
// commands of registrar are checked as far as their flags and arguments go.
var notRun = map[string]string{
	"(cd dist && sha256sum --check --quiet SHA256SUMS)":                      "needs a release; the tests of package dist make one",
	"apt install ./dist/registrar_*_amd64.deb":                               "needs a release, root and Debian",
	"tar -xzf dist/registrar-*-linux-amd64.tar.gz":                           "needs a release; the tests of package dist make one",
	"docker load --input dist/registrar-*-linux-amd64.oci.tar":               "needs a release and Docker",
	"docker run --network host registrar:VERSION --peer 192.0.2.2:9901":      "needs a release and Docker",
	"editor /etc/registrar/registrar.toml":                                   "is a person's work",
	"systemctl enable --now registrar":                                       "needs systemd and root",
	"systemctl reload registrar":                                             "needs systemd and root",
	"journalctl --unit registrar":                                            "needs systemd",
	"tcpdump -i eth0 -w - sctp or udp | registrar inspect -r - --proto enrp": "needs root and eth0; inspect.txtar reads a capture from standard input",
	"registrar element echo --pool Many --count 10000":                       "needs 20,000 open files; TestMostElements registers as many where there are so many",
	"registrar element echo --pool EchoPool --asap-announce auto":            "needs a registrar in the real groups; TestFoundByAnnouncement has one in a group of its own",
}

// documented are the lines of the README's shell blocks and of the examples in the
// help texts, without their comments.
func documented(t *testing.T) (lines []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, block := range regexp.MustCompile("(?ms)^```(?:sh|console)\n(.*?)^```").FindAllStringSubmatch(string(b), -1) {
		all = append(all, strings.Split(block[1], "\n")...)
	}
	// Commands within the text, where nothing is left out of them.
	for _, span := range regexp.MustCompile("`((?:bin/)?registrar [a-z][^`]* --[^`]*)`").FindAllStringSubmatch(string(b), -1) {
		if !strings.Contains(span[1], "...") {
			all = append(all, span[1])
		}
	}
	everyCommand(func(cmd *cobra.Command) {
		all = append(all, strings.Split(regexp.MustCompile(`\\\n\s*`).ReplaceAllString(cmd.Example, ""), "\n")...)
	})
	for _, line := range all {
		line = strings.TrimSpace(regexp.MustCompile(`\s+# .*`).ReplaceAllString(line, ""))
		line = strings.TrimPrefix(line, "bin/") // where make build puts the program
		if line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestDocumented plays the scripts, whose own commands are doc and doc-run: they run
// a line as it is documented, but for what rewrite says.
func TestDocumented(t *testing.T) {
	t.Parallel()
	if os.Getenv("CI") == "true" { // elsewhere the lines that need them are left out
		for program, pkg := range map[string]string{"curl": "curl", "jq": "jq", "man": "man-db", "python3": "python3"} {
			toolOf(t, program, pkg)
		}
	}
	lines := documented(t)
	p := scriptParams(t, documentedDir)
	p.Cmds["rewrite"] = scriptRewrite
	p.Cmds["doc"] = func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 1 {
			ts.Fatalf("usage: doc LINE")
		}
		ts.Check(ts.Exec("sh", "-c", rewritten(ts, lines, args[0])))
	}
	p.Cmds["doc-run"] = func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 2 {
			ts.Fatalf("usage: doc-run NAME LINE")
		}
		scriptRun(ts, false, []string{args[0], "sh", "-c", "exec " + rewritten(ts, lines, args[1])})
	}
	testscript.Run(t, p)
}

// rewritesKey is where a script has what it replaces, by twos.
type rewritesKey struct{}

// scriptRewrite replaces a text in all lines that follow: rewrite OLD NEW
func scriptRewrite(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: rewrite OLD NEW")
	}
	list := ts.Value(rewritesKey{}).(*[]string)
	*list = append(*list, args...)
}

func rewritten(ts *testscript.TestScript, documented []string, line string) string {
	line = strings.TrimPrefix(line, "bin/")
	if !slices.Contains(documented, line) {
		ts.Fatalf("this line is in neither the README nor the help: %s", line)
	}
	list := *ts.Value(rewritesKey{}).(*[]string)
	for i := 0; i < len(list); i += 2 {
		line = strings.ReplaceAll(line, list[i], list[i+1])
	}
	ts.Logf("[line] %s", line)
	return line
}

// TestEveryDocumentedLineIsRun, or there is a reason why not.
func TestEveryDocumentedLineIsRun(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join(documentedDir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var ran []string
	for _, name := range scripts {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^(?:\[.*?\] )?doc(?:-run \S+)? '((?:[^'\n]|'')*)'$`).FindAllStringSubmatch(string(b), -1) {
			ran = append(ran, strings.TrimPrefix(strings.ReplaceAll(m[1], "''", "'"), "bin/"))
		}
	}
	lines := documented(t)
	for _, line := range lines {
		_, reason := notRun[line]
		target, isMake := strings.CutPrefix(line, "make ")
		switch {
		case slices.Contains(ran, line):
			if reason {
				t.Errorf("a script runs %q, and a reason is there why it is not", line)
			}
		case isMake:
			wantTarget(t, target)
		case !reason:
			t.Errorf("nobody runs %q: add it to a script in %s, or to notRun with the reason", line, documentedDir)
		}
		if err := parses(line); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
	for line := range notRun {
		if !slices.Contains(lines, line) {
			t.Errorf("there is a reason why %q is not run, and it is not documented", line)
		}
	}
	if len(lines) < 100 {
		t.Errorf("only %d lines found", len(lines))
	}
}

// wantTarget wants make to know a target.
func wantTarget(t *testing.T, target string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	target, _, _ = strings.Cut(target, " ")
	if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(target) + `:`).Match(b) {
		t.Errorf("make %s: there is no such target", target)
	}
}

// parses reports what is wrong with the flags and arguments of registrar in a line.
func parses(line string) error {
	for part := range strings.SplitSeq(line, " | ") {
		text, isOurs := strings.CutPrefix(part, "registrar ")
		if !isOurs {
			continue
		}
		args, err := shellWords(text)
		if err != nil {
			return err
		}
		cmd, rest, err := newRootCmd(io.Discard).Find(args)
		if err != nil {
			return err
		}
		if err := cmd.ParseFlags(rest); err != nil {
			return err
		}
		if err := errors.Join(cmd.ValidateArgs(cmd.Flags().Args()), cmd.ValidateRequiredFlags(), cmd.ValidateFlagGroups()); err != nil {
			return err
		}
	}
	return nil
}

// shellWords are the words that a shell makes of a command's arguments, without its
// redirections.
func shellWords(text string) ([]string, error) {
	text = regexp.MustCompile(` [<>] \S+`).ReplaceAllString(text, "")
	out, err := exec.Command("sh", "-c", `pidof() { echo 1; }; printf '%s\n' `+text).Output()
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n"), err
}
