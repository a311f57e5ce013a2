//go:build linux

package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"rserpool/registrar/marked"
)

const (
	// steady is how many registrars a soak never restarts.
	steady = 3
	// crowds of so many elements come before: 20,000 events are kept, 10,000 changes, and
	// 10,000 messages where somebody reads them.
	crowds, crowd = 30, 400
	// shortUsers have sessions of so many requests, one after the other.
	shortUsers, shortSession = 10, "30"
)

// flickering are elements that fail without a word all the time, and come back.
var flickering = []string{"--count", "100", "--uptime", "20s", "--downtime", "5s"}

// soak lets a scope live for long without faults of the network, and looks whether
// its registrars need more and more.
func (o options) soak() error {
	length := cmp.Or(o.duration, time.Hour)
	s, err := newScope(o.program, o.dir, o.seed, faults{})
	if err != nil {
		return err
	}
	defer s.net.close()
	if err := s.populate("1s"); err != nil {
		return errors.Join(err, s.stop())
	}
	l := &soak{scope: s, calm: len(s.groups)}
	if err := errors.Join(l.fill(), l.begin()); err != nil {
		return errors.Join(err, s.stop())
	}
	wrong := l.live(churn(o.seed, length, l.calm, elementHosts, len(s.registrars), steady))
	wrong = append(wrong, l.settle()...)
	wrong = append(wrong, s.judgeUsers()...)
	if err := s.stop(); err != nil {
		wrong = append(wrong, err.Error())
	}
	text, faults := l.report(length)
	fmt.Print(text)
	wrong = append(append(wrong, faults...), s.faulty()...)
	if o.readme != "" && len(wrong) == 0 {
		if err := marked.Write(o.readme, "soak", text); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	return verdict(o.dir, wrong)
}

// soak is what is kept of one.
type soak struct {
	*scope
	calm     int // groups before those that flicker
	readers  []*process
	restarts int
	samples  []sample
	// sessions of short users that have ended, and what they have come to.
	sessions int
	short    session
}

// fill makes so many events that what registrars keep of the past is full: from then on
// they have no reason to need more.
func (l *soak) fill() error {
	g := &group{host: l.elementHosts[0], pool: "Past", service: "echo", flags: []string{"--count", fmt.Sprint(crowd)}}
	began := time.Now()
	for range crowds {
		if err := l.run(g); err != nil {
			return err
		}
		for n := 0; n < crowd; time.Sleep(lookEvery) {
			all := make(living)
			if err := readLines(g.program.out, all.take); err != nil {
				return err
			}
			if n = len(all); time.Since(began) > crowds*startTime {
				return fmt.Errorf("%d elements of %d are registered; see %s", n, crowd, g.program.err)
			}
		}
		g.program.ask(syscall.SIGTERM)
		if err := g.program.await(); err != nil {
			return err
		}
		l.end(g.program)
	}
	fmt.Printf("%d elements joined and left in %.0f s\n", crowds*crowd, time.Since(began).Seconds())
	return nil
}

// begin adds what faults do not have: elements that flicker, short sessions, readers of
// the feed.
func (l *soak) begin() (err error) {
	for i := range 2 {
		g := &group{host: l.elementHosts[i], pool: fmt.Sprintf("Flicker%d", i), service: "pingpong", flags: flickering}
		l.groups = append(l.groups, g)
		err = errors.Join(err, l.run(g))
	}
	for i := range shortUsers {
		u := &user{pool: poolName(i % pools), flags: []string{"--interval", "200ms", "--timeout", answerTime.String(), "--count", shortSession}}
		l.users = append(l.users, u)
		err = errors.Join(err, l.again(u, len(l.users)-1))
	}
	for i, flags := range [][]string{{"watch", "-o", "jsonl"}, {"watch", "--messages"}} {
		r := l.registrars[i]
		p, e := r.startQuiet(l.dir, fmt.Sprintf("reader-%d", r.number), append([]string{l.program}, flags...)...)
		err = errors.Join(err, e)
		l.readers = append(l.readers, p)
	}
	return err
}

// again starts the next session of a short user, which may end by itself.
func (l *soak) again(u *user, number int) error {
	if err := l.ask(u, number); err != nil {
		return err
	}
	u.program.asked = true
	return nil
}

// live plays the schedule.
func (l *soak) live(turns []turn) (wrong []string) {
	slices.SortStableFunc(turns, func(a, b turn) int { return cmp.Compare(a.At, b.At) })
	began := time.Now()
	for _, t := range turns {
		for time.Since(began) < t.At {
			wrong = append(wrong, l.nextSessions()...)
			time.Sleep(min(time.Second, t.At-time.Since(began)))
		}
		if err := l.turn(t); err != nil {
			wrong = append(wrong, fmt.Sprintf("after %v: %v", t.At, err))
		}
	}
	return wrong
}

// nextSessions lets short users begin again, and judges the sessions that have ended.
func (l *soak) nextSessions() (wrong []string) {
	for n, u := range l.users[len(l.users)-shortUsers:] {
		if u.program.running() {
			continue
		}
		one, err := u.judge(time.Now())
		wrong = append(wrong, one.Faults...)
		if !u.program.cmd.ProcessState.Success() {
			err = errors.Join(err, fmt.Errorf("%s has ended with %v; see %s", u.program.name, u.program.cmd.ProcessState, u.program.err))
		}
		if err == nil && len(one.Faults) == 0 { // an hour has some thousands
			err = errors.Join(os.Remove(u.program.out), os.Remove(u.program.err))
		}
		l.short.add(one)
		l.sessions++
		if err = errors.Join(err, l.again(u, len(l.users)-shortUsers+n)); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	return wrong
}

func (l *soak) turn(t turn) error {
	switch t.Act {
	case endElements:
		l.groups[t.Which].program.ask(syscall.SIGTERM)
	case killElementsNow:
		l.groups[t.Which].program.kill()
	case startElements:
		g := l.groups[t.Which]
		if err := g.program.await(); err != nil {
			return err
		}
		l.end(g.program)
		return l.run(g)
	case endRegistrar:
		l.lose(t.Which).ask(syscall.SIGTERM)
	case killRegistrarNow:
		l.lose(t.Which).kill()
	case startRegistrar:
		r := l.registrars[t.Which]
		if err := r.server.await(); err != nil {
			return err
		}
		l.end(r.server)
		r.out = false
		return l.serve(r)
	case takeSample:
		return l.sample(t.At)
	}
	return nil
}

// lose takes a registrar out of the checks.
func (l *soak) lose(which int) *process {
	l.restarts++
	l.registrars[which].out = true
	return l.registrars[which].server
}

// sample measures the steady registrars.
func (l *soak) sample(at time.Duration) error {
	s := sample{at: at, restarts: l.restarts}
	for n, r := range l.registrars[:steady] {
		u, m, err := r.measure()
		if err != nil {
			return fmt.Errorf("registrar %d: %w", r.number, err)
		}
		s.of = append(s.of, u)
		s.registrations += int(m.sum("rserpool_registrations_total"))
		s.resolutions += int(m.sum("rserpool_handle_resolutions_total"))
		if n == 0 {
			s.elements = int(m.sum("rserpool_pool_elements"))
		}
	}
	l.samples = append(l.samples, s)
	fmt.Println(strings.TrimSuffix(s.row(), "\n"))
	return nil
}

// settle ends what never rests, and waits until the scope is whole.
func (l *soak) settle() (wrong []string) {
	for _, g := range l.groups[l.calm:] {
		g.program.ask(syscall.SIGINT)
	}
	for _, u := range l.users[len(l.users)-shortUsers:] {
		u.program.ask(syscall.SIGINT)
	}
	took, apart := l.whole(settleTime)
	fmt.Printf("the scope is %s %.0f s after the end of the churn; %d restarts, %d short sessions with %v\n", wholeness(apart), took.Seconds(), l.restarts, l.sessions, &l.short)
	for _, p := range l.readers {
		if !p.running() {
			wrong = append(wrong, p.name+" has ended by itself")
		}
		p.ask(syscall.SIGINT)
		if err := p.await(); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	return append(wrong, append(apart, l.leaks()...)...)
}

// report is the table and what is wrong with it.
func (l *soak) report(length time.Duration) (text string, wrong []string) {
	text = fmt.Sprintf("%v, %d registrars, %d users with lasting and %d with short sessions, two readers of the feed.\n"+
		"Figures of the %d registrars that are never restarted; the live heap is what is left after a garbage collection.\n\n",
		length, len(l.registrars), len(l.users)-shortUsers, shortUsers, steady) + table(l.samples) + "\n"
	for n, t := range trends(l.samples) {
		text += fmt.Sprintf("Registrar %d, live heap: %v.\n", n+1, t)
		if t.grows() {
			wrong = append(wrong, fmt.Sprintf("the live heap of registrar %d grows: %v", n+1, t))
		}
	}
	return text, wrong
}
