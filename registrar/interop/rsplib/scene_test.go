package rsplib

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rserpool/registrar/transport/kernel"
)

const (
	// patience is how long a scope may take for anything; only a failure does.
	patience = 2 * time.Minute
	// pace is how often a condition is looked at. To ask a registrar of ours takes
	// 20 ms of the only processor of User-Mode Linux.
	pace = 300 * time.Millisecond
)

// scenes numbers them, for names that no other scene has.
var scenes atomic.Int32

// scene is one scenario: hosts at two bridges with a capture on both.
type scene struct {
	testing.TB
	number   int32
	nets     []string // the bridges
	hosts    []*host
	programs []*process // started, ended ones too
	record   *record
}

// play plays a scenario beside others; role says who of ours takes part.
func play(t *testing.T, group int, role, scenario string, body func(*scene)) {
	t.Helper()
	if err := kernel.Available(); err != nil {
		t.Skipf("make interop runs this: %v", err)
	}
	if program == "" || results == "" {
		t.Skip("make interop runs this: INTEROP_PROGRAM and INTEROP_RESULTS are not set")
	}
	for _, tool := range []string{"rspregistrar", "rspserver", "pingpongclient", "hsdump", "dumpcap", "stdbuf"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%v: apt-get install rsplib-registrar rsplib-services rsplib-tools tshark coreutils", err)
		}
	}
	t.Parallel()
	r := record{Name: strings.ReplaceAll(t.Name(), "/", "_"), Group: group, Role: role, Scenario: scenario}
	for r.Takes = 1; ; r.Takes++ {
		began := time.Now()
		r.Ours = nil
		k := &take{TB: t}
		still := k.perform(func() { body(stage(k, &r)) })
		r.Took, r.Failed = time.Since(began), k.failed
		if !k.failed {
			break
		}
		if still < standstill || r.Takes == takes {
			t.Errorf("%s", k.words.String())
			break
		}
		t.Logf("played again, since the machine stood still for %v while it failed:\n%s", still, k.words.String())
	}
	r.write(t)
}

// stage makes the network of a scene.
func stage(k *take, r *record) *scene {
	s := &scene{TB: k, number: scenes.Add(1), record: r}
	s.nets = []string{s.name("a"), s.name("b")}
	s.Cleanup(s.clear)
	var bridges []string
	for _, n := range s.nets {
		// All multicast goes everywhere: there is no router to ask who listens.
		bridges = append(bridges, "link add "+n+" type bridge mcast_snooping 0", "link set "+n+" up")
	}
	s.ipAll(bridges)
	s.capture()
	return s
}

// clear takes the network down when all programs have ended.
func (s *scene) clear() {
	s.Helper()
	var lines []string
	for _, h := range s.hosts {
		lines = append(lines, "netns delete "+h.namespace)
	}
	for _, n := range s.nets {
		lines = append(lines, "link delete "+n)
	}
	s.ipAll(lines, "-force")
}

// name is a name for something of this scene.
func (s *scene) name(what string) string { return "rsp" + itoa(s.number) + what }

// file is where something of this scene is kept.
func (s *scene) file(suffix string) string { return filepath.Join(results, s.record.Name+suffix) }

// ip runs the program of that name, also at the end of the test.
func (s *scene) ip(args ...string) {
	s.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		s.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// ipAll runs it once for several commands: to start a program takes long on
// User-Mode Linux.
func (s *scene) ipAll(lines []string, flags ...string) {
	s.Helper()
	cmd := exec.Command("ip", append(flags, "-batch", "-")...)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n"))
	if out, err := cmd.CombinedOutput(); err != nil {
		s.Fatalf("%s: %v: %s\n%s", cmd, err, out, strings.Join(lines, "\n"))
	}
}

// await returns when until is true.
func (s *scene) await(what string, until func() bool) {
	s.Helper()
	s.awaitFor(patience, what, until)
}

// awaitFor is await with a limit that belongs to the scenario.
func (s *scene) awaitFor(limit time.Duration, what string, until func() bool) {
	s.Helper()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for late := time.Now().Add(limit); !until(); <-tick.C {
		s.intact()
		if time.Now().After(late) {
			s.Fatalf("no %s in %v", what, limit)
		}
	}
}

// intact ends a scene that lacks a program, whose end fails the test: what it waits
// for would not come.
func (s *scene) intact() {
	s.Helper()
	for _, p := range s.programs {
		if why := p.gone(); why != "" {
			s.Fatalf("%s %s", p.label, why)
		}
	}
}

// always fails the test when holds is false once within the time.
func (s *scene) always(span time.Duration, what string, holds func() bool) {
	s.Helper()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for end := time.Now().Add(span); time.Now().Before(end); <-tick.C {
		if !holds() {
			s.Fatalf("not always %s", what)
		}
	}
}

// capture records both bridges until the end of the test.
func (s *scene) capture() {
	s.record.Capture = s.file(".pcapng")
	_ = os.Remove(s.record.Capture)
	var line []string
	for _, n := range s.nets {
		line = append(line, "-i", n, "-f", "sctp or udp")
	}
	p := s.run(nil, "capture", append([]string{"dumpcap", "-q", "-w", s.record.Capture}, line...)...)
	s.await("capture", func() bool { return strings.Contains(p.text(), "File: ") })
}
