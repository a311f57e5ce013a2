package abuse

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/marked"
)

var (
	full    = flag.Bool("abuse.full", false, "play the counts that the README tells; else a twentieth of them")
	readme  = flag.String("abuse.readme", "", "with -abuse.full, the `FILE` to write the table into")
	profile = flag.String("abuse.profile", "", "the `FILE` to write the heap's profile into while too much lives")
	only    = flag.String("abuse.only", "", "play only the kinds that have `TEXT` in their names")
)

const (
	// section is where the README has the table.
	section = "bad-inputs"
	// share is how much of the counts is played where they are not full.
	share = 20
	// livesOn is how much more may live in the registrar when a kind is over: what it
	// remembers of events, and what the collector has not seen.
	livesOn = 16 << 20
	// peak is how much more the registrar may take meanwhile, where the kind says
	// nothing else.
	peak = 128 << 20
)

// kind is one kind of bad input.
type kind struct {
	name  string
	count int
	// at is the registrar that it is for, nil for the open one.
	at func(*scene) *process
	// play does it n times, and tells in words what became of it.
	play func(ctx context.Context, s *scene, n int) (outcome string, err error)
	// peak is the bound of the memory that it may take, and left that of what lives on,
	// where they are not those of all. The Go runtime keeps what goroutines were made of,
	// maps and tables keep their room: the next ones use it.
	peak, left int64
	// page: it is about HTTP, so pages are measured, too.
	page bool
}

// row is a line of the table.
type row struct{ kind, count, outcome, memory, latency string }

// TestBadInputs: what is asked for under abuse is answered, handlespace and peers are
// what they were, and memory is bounded.
//
// SEC-09 SEC-14 SEC-15 SEC-20 SEC-27 SEC-28 SEC-29
func TestBadInputs(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what a process uses is read from Linux's /proc")
	}
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	raiseFiles(t)
	s := newScene(t)
	s.before = s.look(t)
	var rows []row
	for _, k := range kinds() {
		if !strings.Contains(k.name, *only) {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			s.t = t
			if r := s.try(t, k); !t.Failed() {
				rows = append(rows, r)
			}
		})
	}
	eventually(t, time.Minute, "all is as in the beginning", func() error {
		if after := s.look(t); after != s.before {
			return fmt.Errorf("the scope is\n%+v\nit was\n%+v", after, s.before)
		}
		return nil
	})
	t.Log("\n" + table(rows))
	if *readme != "" && *full {
		old, err := marked.Read(*readme, section)
		must(t, err)
		must(t, marked.Write(*readme, section, table(append(parse(old), rows...))))
	}
}

// try plays a kind and checks what must hold.
func (s *scene) try(t *testing.T, k kind) row {
	at := s.open
	if k.at != nil {
		at = k.at(s)
	}
	n := k.count
	window := 100 * time.Millisecond
	if *full {
		window = 2 * time.Second
	} else {
		n = max(n/share, 1)
	}
	h := s.at[at]
	if h == nil {
		h = s.at[s.open]
	}
	normal, normalPage := s.measure(t, h, window)
	state := s.look(t)
	if !*full {
		state.peers = s.before.peers
	}
	counted, err := at.metrics()
	must(t, err)
	live, err := at.live()
	must(t, err)
	if err := at.forgetPeak(); err != nil {
		t.Logf("the peak of memory is that since the start: %v", err)
	}
	resident, _, err := at.resident()
	must(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	outcome, err := k.play(ctx, s, n)
	if err != nil {
		t.Errorf("cannot be played: %v", err)
	}
	during, duringPage := s.take(t, h)
	_, most, err := at.resident()
	must(t, err)
	now, err := at.metrics()
	must(t, err)
	for _, p := range []*process{s.open, s.peer, s.secured, s.element} {
		if !p.alive() {
			t.Fatalf("%s has ended:\n%s", p.name, p.log)
		}
	}
	eventually(t, 90*time.Second, "all is as before", func() error {
		after := s.look(t)
		if !*full {
			after.peers = state.peers // those invented take their time to be given up
		}
		if after != state {
			return fmt.Errorf("the scope is\n%+v\nit was\n%+v", after, state)
		}
		return nil
	})
	var grown int64
	bearable := max(k.left, livesOn)
	eventually(t, 30*time.Second, "memory comes back", func() error {
		alive, err := at.live()
		if grown = alive - live; grown > bearable {
			err = fmt.Errorf("%s more live than before, at most %s may", amount(grown), amount(bearable))
			if *profile != "" {
				_, body, _ := get("http://" + at.places.PProf + "/debug/pprof/heap?gc=1")
				_ = os.WriteFile(*profile, body, 0o600)
			}
		}
		return err
	})
	if bound := max(k.peak, peak); most-resident > bound {
		t.Errorf("the resident set has grown by %s, at most %s may", amount(most-resident), amount(bound))
	}
	_, _ = s.take(t, h)
	r := row{
		kind: k.name, count: number(n), outcome: strings.Join(slices.DeleteFunc([]string{outcome, told(counted, now)}, func(s string) bool { return s == "" }), "; "),
		memory: fmt.Sprintf("%s, left %s", amount(max(most-resident, 0)), amount(max(grown, 0))), latency: change(normal, during),
	}
	if k.page {
		r.latency += ", page " + change(normalPage, duringPage)
	}
	t.Logf("%+v", r)
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// measure waits for a while and gives the medians of resolutions and of pages.
func (s *scene) measure(t *testing.T, h *honest, window time.Duration) (resolve, page time.Duration) {
	_, _ = s.take(t, h)
	time.Sleep(window)
	return s.take(t, h)
}

// take gives the medians since the last time. All honest requests have an answer.
func (s *scene) take(t *testing.T, h *honest) (resolve, page time.Duration) {
	t.Helper()
	for _, users := range s.at {
		for _, p := range users.probes() {
			median, _, err := p.take()
			if err != nil {
				t.Errorf("the honest are not served: %v", err)
			}
			switch p {
			case h.resolve:
				resolve = median
			case h.page:
				page = median
			}
		}
	}
	return resolve, page
}

// state is what no abuse changes.
type state struct {
	digest, peerDigest, securedDigest string
	peers                             string
	// feed is how many elements the honest page has.
	feed int
}

// look gives it, at a moment without comers.
func (s *scene) look(t *testing.T) state {
	t.Helper()
	for _, h := range s.at {
		h.register.running.Lock()
		defer h.register.running.Unlock()
	}
	var v state
	eventually(t, time.Minute, "the scope is in step", func() error {
		open, err := s.open.held()
		if err != nil {
			return err
		}
		peer, err1 := s.peer.held()
		secured, err2 := s.secured.held()
		elements, err3 := s.at[s.open].feed.state()
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		// One that is dead is remembered for a while.
		open.Peers = slices.DeleteFunc(open.Peers, func(p peerState) bool { return p.State == "dead" })
		v = state{open.Digest, peer.Digest, secured.Digest, fmt.Sprint(open.Peers), elements}
		if open.Digest != peer.Digest || elements != open.elements() {
			return fmt.Errorf("%d elements at %s, %d at its peer, %d on its page", open.elements(), s.open.name, peer.elements(), elements)
		}
		return nil
	})
	return v
}

// told is what the counters say of the time between.
func told(before, after metrics) string {
	var parts []string
	for _, f := range []struct{ family, words string }{
		{"messages_discarded_total", "discarded"},
		{"limit_hits_total", "limit"},
		{"takeovers_total", "takeover"},
		{"resyncs_total", "resync"},
	} {
		sums := map[string]float64{}
		for name, v := range after {
			labels, ok := strings.CutPrefix(name, f.family+"{")
			if n := v - before[name]; ok && n > 0 && !strings.Contains(labels, "max_events_kept") { // all meet that one
				sums[values(labels)] += n
			}
		}
		for _, label := range slices.Sorted(maps.Keys(sums)) {
			parts = append(parts, fmt.Sprintf("%s %s: %s", f.words, label, number(int(sums[label]))))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		v := after[name]
		labels, ok := strings.CutPrefix(name, "registrations_total{")
		if n := v - before[name]; ok && n > 0 && strings.Contains(labels, "refused") {
			parts = append(parts, fmt.Sprintf("registrations refused, %s: %s", strings.TrimSuffix(values(labels), " refused"), number(int(n))))
		}
	}
	return strings.Join(parts, ", ")
}

// values are those of the labels of a sample.
func values(labels string) string {
	var list []string
	for label := range strings.SplitSeq(strings.TrimSuffix(labels, "}"), ",") {
		_, value, _ := strings.Cut(label, "=")
		list = append(list, strings.Trim(value, `"`))
	}
	return strings.ReplaceAll(strings.Join(list, " "), "_", " ")
}

// change is a latency before and during.
func change(before, during time.Duration) string {
	if during == 0 {
		return "none asked"
	}
	ms := func(d time.Duration) string { return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 2, 64) }
	return fmt.Sprintf("%s → %s ms", ms(before), ms(during))
}

// amount is one of memory.
func amount(n int64) string {
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
}

// number has commas.
func number(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// table has a row for each kind, of several the last.
func table(rows []row) string {
	latest := make(map[string]row)
	for _, r := range rows {
		latest[r.kind] = r
	}
	var b strings.Builder
	b.WriteString("| kind | count | outcome | memory: most, left | resolution by others, median |\n|---|---:|---|---|---|\n")
	for _, k := range kinds() {
		if r, ok := latest[k.name]; ok {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.kind, r.count, r.outcome, r.memory, r.latency)
		}
	}
	return b.String()
}

// parse reads the rows of a table.
func parse(text string) (rows []row) {
	for line := range strings.Lines(text) {
		if cell := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|"); len(cell) == 5 {
			for i := range cell {
				cell[i] = strings.TrimSpace(cell[i])
			}
			rows = append(rows, row{cell[0], cell[1], cell[2], cell[3], cell[4]})
		}
	}
	return rows
}

// TestTableIsWhole: the README has every kind with its count.
func TestTableIsWhole(t *testing.T) {
	text, err := marked.Read(filepath.Join("..", "..", "README.md"), section)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds() {
		if want := fmt.Sprintf("| %s | %s | ", k.name, number(k.count)); !strings.Contains(text, want) {
			t.Errorf("the README lacks %q: run make abuse README=README.md", want)
		}
	}
}
