package rsplib

import (
	"cmp"
	hexadecimal "encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/marked"
)

// readme is the file to write the table into.
var readme = flag.String("rsplib.readme", "", "write the table into `FILE`, between its markers")

// groups are the parts of the table.
var groups = map[int]string{
	1: "RSPLIB's elements at our registrar",
	2: "RSPLIB's users at our registrar",
	3: "our elements and users at RSPLIB's registrar",
	4: "registrars join",
	5: "takeovers",
	6: "RSPLIB's bugs survived",
	7: "hsdump",
	8: "our own registrars, RFC dialect",
}

// record is what is left of a scenario.
type record struct {
	Name, Role, Scenario string
	Group                int
	Ours                 []string // addresses from which only this project speaks
	Capture              string
	Failed               bool
	Takes                int // how often it was played
	Took                 time.Duration
}

func (r record) write(t *testing.T) {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(results, r.Name+".json"), data, 0o644); err != nil {
		t.Error(err)
	}
}

// TestReport has tshark look at the captures that the scenarios have left, and makes
// a table of their results. It is a run of its own: a tenth of the time where the
// kernel is the host's.
func TestReport(t *testing.T) {
	if results == "" || program != "" {
		t.Skip("make interop runs this after the scenarios")
	}
	files, err := filepath.Glob(filepath.Join(results, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no results in %s (%v): run the scenarios first", results, err)
	}
	var records []record
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r record
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if !t.Run(r.Name, func(t *testing.T) { examine(t, r) }) {
			r.Failed = true
		}
		records = append(records, r)
	}
	text := table(records)
	fmt.Print("\n", text)
	if *readme == "" {
		return
	}
	if err := marked.Write(*readme, "interop", text); err != nil {
		t.Fatal(err)
	}
}

// table is the results in Markdown.
func table(records []record) string {
	slices.SortFunc(records, func(a, b record) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), strings.Compare(a.Role, b.Role), strings.Compare(a.Scenario, b.Scenario))
	})
	var b strings.Builder
	b.WriteString("| | scenario | ours | result |\n|---|---|---|---|\n")
	for _, r := range records {
		verdict := "ok"
		if r.Failed {
			verdict = "**fails**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", groups[r.Group], r.Scenario, r.Role, verdict)
	}
	return b.String()
}

// protocolViolation is the error cause of an ABORT (RFC 9260 section 3.3.10.13), as
// tshark has it. With it Linux also gives up a peer that does not answer, and says
// so.
const (
	protocolViolation = "0x000d"
	givesUp           = "exceeded its max_retrans count"
)

// examine looks for what nobody may find wrong with our messages.
func examine(t *testing.T, r record) {
	const number, source4, source6, target4, target6, protocol, malformed, cause, words = 0, 1, 2, 3, 4, 5, 6, 7, 8
	cmd := exec.CommandContext(t.Context(), "tshark", "-n", "-r", r.Capture, "-Y", "asap || enrp || sctp.chunk_type == 6", "-T", "fields",
		"-e", "frame.number", "-e", "ip.src", "-e", "ipv6.src", "-e", "ip.dst", "-e", "ipv6.dst",
		"-e", "frame.protocols", "-e", "_ws.malformed", "-e", "sctp.cause_code", "-e", "sctp.cause_information")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	said := 0
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) <= words {
			t.Fatalf("tshark: expected %d fields, found %q", words+1, line)
		}
		from, to := slices.Contains(r.Ours, f[source4]+f[source6]), slices.Contains(r.Ours, f[target4]+f[target6])
		rserpool := strings.Contains(f[protocol], "asap") || strings.Contains(f[protocol], "enrp")
		if from && rserpool {
			said++
			if f[malformed] != "" {
				t.Errorf("%s frame %s: what we sent is malformed", r.Capture, f[number])
			}
		}
		why, err := decode(f[words])
		if (from || to) && strings.Contains(f[cause], protocolViolation) && (err != nil || !strings.Contains(why, givesUp)) {
			t.Errorf("%s frame %s: an association with us was aborted for a protocol violation: %q (%v)", r.Capture, f[number], why, err)
		}
	}
	if said == 0 && !r.Failed {
		t.Errorf("%s: nothing from us at %v", r.Capture, r.Ours)
	}
}

// decode gives the text that tshark shows in hexadecimal digits.
func decode(digits string) (string, error) {
	text, err := hexadecimal.DecodeString(digits)
	return string(text), err
}
