//go:build linux

package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// The scope of faults and of the soak.
const (
	registrars, elementHosts, pools = 5, 4, 5

	elementsEach = 25 // of a pool on a host
	usersEach    = 4  // of a pool

	startTime  = 90 * time.Second
	settleTime = 120 * time.Second
	// answerTime is how long a user's request may take: longer than elements are
	// stopped, since over TCP a user cannot tell that from slowness.
	answerTime = 150 * time.Second
)

// usual is what the network does when nothing is the matter.
var usual = faults{Drop: 0.01, Duplicate: 0.01, Reorder: 0.01, Delay: time.Millisecond, Jitter: 4 * time.Millisecond}

// faults plays a schedule of faults and looks what has become of the scope.
func (o options) faults() error {
	length := cmp.Or(o.duration, 10*time.Minute)
	s, err := newScope(o.program, o.dir, o.seed, usual)
	if err != nil {
		return err
	}
	defer s.net.close()
	if err := s.populate("200ms"); err != nil {
		return errors.Join(err, s.stop())
	}
	schedule := plan(o.seed, length, size{registrars, elementHosts, pools})
	fmt.Printf("%d faults in %v\n", len(schedule), length)
	wrong := s.play(schedule)
	s.net.change(func(n *network) { n.now = faults{} })
	took, apart := s.whole(settleTime)
	fmt.Printf("the scope is %s %.0f s after the last fault; packets %+v\n", wholeness(apart), took.Seconds(), s.net.traffic())
	wrong = append(wrong, apart...)
	wrong = append(wrong, s.leaks()...)
	wrong = append(wrong, s.judgeUsers()...)
	if err := s.stop(); err != nil {
		wrong = append(wrong, err.Error())
	}
	return verdict(o.dir, append(wrong, s.faulty()...))
}

func wholeness(apart []string) string {
	if len(apart) == 0 {
		return "whole"
	}
	return "not whole"
}

// populate starts all programs and waits until the scope is whole.
func (s *scope) populate(interval string) error {
	if err := os.WriteFile(filepath.Join(s.dir, "cookie-key"), []byte("of all the elements of this scope"), 0o600); err != nil {
		return err
	}
	if err := s.addHosts(registrars, elementHosts); err != nil {
		return err
	}
	for _, r := range s.registrars {
		if err := s.serve(r); err != nil {
			return err
		}
	}
	if err := s.awaitReady(); err != nil {
		return err
	}
	for pool := range pools {
		protocol := "sctp"
		if pool%2 == 1 {
			protocol = "tcp"
		}
		for _, h := range s.elementHosts {
			g := &group{host: h, pool: poolName(pool), service: "pingpong", flags: []string{"--protocol", protocol, "--count", fmt.Sprint(elementsEach)}}
			g.loyal = h == s.elementHosts[0]
			s.groups = append(s.groups, g)
			if err := s.run(g); err != nil {
				return err
			}
		}
	}
	if err := s.awaitElements(pools * elementHosts * elementsEach); err != nil {
		return err
	}
	for i := range pools * usersEach {
		u := &user{pool: poolName(i % pools), flags: []string{"--interval", interval, "--timeout", answerTime.String()}}
		s.users = append(s.users, u)
		if err := s.ask(u, i); err != nil {
			return err
		}
	}
	time.Sleep(5 * time.Second) // all users have their elements
	return s.baseline()
}

func poolName(n int) string { return fmt.Sprintf("Pool%d", n) }

// awaitReady waits until all registrars serve.
func (s *scope) awaitReady() error {
	for began := time.Now(); ; time.Sleep(time.Second / 2) {
		var err error
		for _, r := range s.registrars {
			var text string
			if !r.out {
				err = errors.Join(err, r.get("http://"+httpAddr+"/readyz", &text))
			}
		}
		if err == nil {
			return nil
		}
		if time.Since(began) > startTime {
			return fmt.Errorf("not all registrars serve after %v: %w", startTime, err)
		}
	}
}

// awaitElements waits until all registrars have so many, and agree.
func (s *scope) awaitElements(count int) error {
	for began := time.Now(); ; time.Sleep(time.Second) {
		all, err := s.living()
		if err == nil && len(all) == count {
			break
		}
		if time.Since(began) > startTime {
			return errors.Join(fmt.Errorf("%d elements of %d are registered after %v", len(all), count, startTime), err)
		}
	}
	took, apart := s.whole(startTime)
	if len(apart) > 0 {
		return fmt.Errorf("the scope is not whole %v after its start: %s", took, apart[0])
	}
	fmt.Printf("%d registrars agree on %d elements\n", len(s.registrars), count)
	return nil
}

// baseline notes what the registrars use when all is well.
func (s *scope) baseline() (err error) {
	for _, r := range s.registrars {
		if r.before, _, err = r.measure(); err != nil {
			return fmt.Errorf("registrar %d: %w", r.number, err)
		}
	}
	return nil
}

// leaks compares with it.
func (s *scope) leaks() (wrong []string) {
	for _, r := range s.registrars {
		after, _, err := r.measure()
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("registrar %d: %v", r.number, err))
			continue
		}
		fmt.Printf("registrar %d: %s; before %s; at most %d MB\n", r.number, after, r.before, r.peak>>20)
		more := leaks(fmt.Sprintf("registrar %d", r.number), r.before, after)
		if len(more) > 0 {
			wrong = append(wrong, append(more, r.dump(s.dir))...)
		}
	}
	return wrong
}

// dump writes the goroutines of a registrar into a file.
func (r *registrar) dump(dir string) string {
	var text string
	err := r.get("http://"+pprofAddr+"/debug/pprof/goroutine?debug=1", &text)
	file := filepath.Join(dir, fmt.Sprintf("goroutines-%d", r.number))
	if err = errors.Join(err, os.WriteFile(file, []byte(text), 0o644)); err != nil {
		return err.Error()
	}
	return "its goroutines are in " + file
}

// step is the beginning or the end of a fault.
type step struct {
	at   time.Duration
	text string
	do   func() error
}

// play lets the faults happen, each at its time.
func (s *scope) play(schedule []fault) (wrong []string) {
	var steps []step
	for _, f := range schedule {
		steps = append(steps, step{f.At, f.String(), func() error { return s.begin(f) }},
			step{f.end(), "", func() error { return s.finish(f) }})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	began := time.Now()
	for _, next := range steps {
		s.rest(began.Add(next.at))
		if next.text != "" {
			fmt.Println(next.text)
		}
		if err := next.do(); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	return wrong
}

// rest waits, and looks at the memory of the registrars meanwhile.
func (s *scope) rest(until time.Time) {
	for _, r := range s.registrars {
		if !r.out && time.Until(until) > time.Second {
			_, _, _ = r.measure() //nolint:dogsled // for its peak; it may be just about to start
		}
	}
	time.Sleep(time.Until(until))
}

// begin lets a fault happen.
func (s *scope) begin(f fault) error {
	switch f.Kind {
	case killRegistrar:
		r := s.registrars[f.Registrars[0]]
		r.out = true
		r.server.kill()
		s.end(r.server)
	case stopRegistrar, stopRegistrarLong:
		r := s.registrars[f.Registrars[0]]
		r.out = true
		r.server.signal(syscall.SIGSTOP)
	case killElements:
		for _, g := range s.groupsOf(f) {
			g.program.kill()
			s.end(g.program)
		}
	case stopElements, stopElementsLong:
		for _, g := range s.groupsOf(f) {
			g.program.signal(syscall.SIGSTOP)
		}
	default:
		s.net.change(func(n *network) { s.disturb(n, f, 1) })
	}
	return nil
}

// finish ends it.
func (s *scope) finish(f fault) error {
	switch f.Kind {
	case killRegistrar:
		r := s.registrars[f.Registrars[0]]
		if f.NewID {
			r.id += 0x1000
		}
		r.out = false
		return s.serve(r)
	case stopRegistrar, stopRegistrarLong:
		r := s.registrars[f.Registrars[0]]
		r.server.signal(syscall.SIGCONT)
		r.out = false
	case killElements:
		for _, g := range s.groupsOf(f) {
			if err := s.run(g); err != nil {
				return err
			}
		}
	case stopElements, stopElementsLong:
		for _, g := range s.groupsOf(f) {
			g.program.signal(syscall.SIGCONT)
		}
	default:
		s.net.change(func(n *network) { s.disturb(n, f, -1) })
	}
	return nil
}

// disturb begins (by = 1) or ends (by = -1) what a fault does to the network.
func (s *scope) disturb(n *network, f fault, by int) {
	if f.Kind == rough {
		if n.now = usual; by > 0 {
			n.now = f.Network
		}
		return
	}
	var inside, outside []int
	for i, r := range s.registrars {
		if slices.Contains(f.Registrars, i) {
			inside = append(inside, r.number)
		} else {
			outside = append(outside, r.number)
		}
	}
	if f.Kind == partition {
		for i, h := range s.elementHosts {
			if slices.Contains(f.Hosts, i) {
				inside = append(inside, h.number)
			} else {
				outside = append(outside, h.number)
			}
		}
		outside = append(outside, s.userHost.number)
	}
	n.cuts.split(inside, outside, f.Kind == oneWay, by)
}

// groupsOf are the programs of elements that a fault means.
func (s *scope) groupsOf(f fault) (all []*group) {
	for _, g := range s.groups {
		if g.host == s.elementHosts[f.Hosts[0]] && (f.Pool == everyPool || g.pool == poolName(f.Pool)) {
			all = append(all, g)
		}
	}
	return all
}
