//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// trialElements are what each of three hosts has.
	trialElements = 40
	// takeoverTime is how long it takes at most until a silent registrar is taken over:
	// MAX-TIME-LAST-HEARD, MAX-TIME-NO-RESPONSE and as much for the consent of others
	// and for the answers of elements.
	takeoverTime = 61*time.Second + 5*time.Second + 10*time.Second
	// orphanTime is for elements that the survivor who takes over has never heard of,
	// since it was apart from their home: another one finds that with the next presence,
	// and takes them after two heartbeats more.
	orphanTime = takeoverTime + 3*30*time.Second
	lookEvery  = 200 * time.Millisecond
	// afterwards is how long all must be well then.
	afterwards = 10 * time.Second
	apartFor   = 10 * time.Second
)

// kill plays the trials, some side by side.
func (o options) kill() error {
	var (
		mu     sync.Mutex
		all    []absence
		failed []string
		tasks  sync.WaitGroup
		room   = make(chan struct{}, o.side)
	)
	for n := range o.trials {
		room <- struct{}{}
		tasks.Go(func() {
			defer func() { <-room }()
			t := drawTrial(o.seed, n)
			a, err := t.run(o.program, filepath.Join(o.dir, fmt.Sprint(n)))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = append(failed, fmt.Sprintf("trial %d, %v: %v", n, t, err))
				fmt.Println("WRONG:", failed[len(failed)-1])
				return
			}
			all = append(all, a)
			fmt.Printf("trial %d, seed %d: %v: %s\n", n, t.Seed, t, a)
		})
	}
	tasks.Wait()
	fmt.Println(summary(all, len(failed)))
	if len(failed) > 0 {
		return fmt.Errorf("%d trials failed; logs in %s", len(failed), o.dir)
	}
	return nil
}

func (a absence) String() string {
	text := "no survivor lacked an element"
	if a.Most > 0 {
		text = fmt.Sprintf("a survivor lacked up to %d elements, until %.1f s after the kill", a.Most, a.Until.Seconds())
	}
	if a.Nowhere > 0 {
		text += fmt.Sprintf(", and one was missing from the scope until %.1f s after", a.Nowhere.Seconds())
	}
	return text + fmt.Sprintf("; all at a home that lives after %.1f s", a.Taken.Seconds())
}

// run plays one trial.
func (t *trial) run(program, dir string) (a absence, err error) {
	s, err := newScope(program, dir, t.Seed, usual)
	if err != nil {
		return a, err
	}
	defer s.net.close()
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := t.populate(s); err != nil {
		return a, err
	}
	if err := t.provoke(s); err != nil {
		return a, err
	}
	time.Sleep(t.Moment)
	victim := s.registrars[t.Victim]
	s.lose(victim)
	w := watchers{dead: make(map[string]bool)}
	for _, r := range s.registrars {
		if r.out {
			w.dead[fmt.Sprintf("0x%08x", r.id)] = true
		}
	}
	if err := s.follow(&w); err != nil {
		return a, err
	}
	for _, f := range s.faulty() {
		err = errors.Join(err, errors.New(f))
	}
	return w.absence, err
}

// populate makes the scope of a trial.
func (t trial) populate(s *scope) error {
	if err := os.WriteFile(filepath.Join(s.dir, "cookie-key"), []byte("of all the elements of this scope"), 0o600); err != nil {
		return err
	}
	places := trialRegistrars
	if t.During == join {
		places++
	}
	if err := s.addHosts(places, trialRegistrars); err != nil {
		return err
	}
	for n, r := range s.registrars {
		if r.out = n == joiner; r.out {
			continue
		}
		if err := s.serve(r); err != nil {
			return err
		}
	}
	if err := s.awaitReady(); err != nil {
		return err
	}
	for n, h := range s.elementHosts {
		g := &group{host: h, pool: poolName(n % 2), service: "echo", flags: []string{"--count", fmt.Sprint(trialElements)}, loyal: t.Loyal}
		s.groups = append(s.groups, g)
		if err := s.run(g); err != nil {
			return err
		}
	}
	return s.awaitElements(trialRegistrars * trialElements)
}

// lose kills a registrar for good.
func (s *scope) lose(r *registrar) {
	r.out = true
	r.server.kill()
	s.end(r.server)
}

// provoke begins what goes on when the victim dies.
func (t *trial) provoke(s *scope) error {
	other := s.registrars[t.Other]
	switch t.During {
	case nothing:
	case elementJoin:
		g := &group{host: s.elementHosts[0], pool: "Late", service: "echo", flags: []string{"--count", fmt.Sprint(5 * trialElements)}}
		s.groups = append(s.groups, g)
		return s.run(g)
	case join:
		s.registrars[joiner].out = false
		return s.serve(s.registrars[joiner])
	case restart:
		s.lose(other)
		other.out = false
		return s.serve(other)
	case takeover:
		if other = s.richest(); other == s.registrars[t.Victim] {
			t.Victim = t.Other
		}
		s.lose(other)
		return s.awaitTakeover(other)
	case resync:
		a, b := []int{other.number}, []int{s.registrars[t.Victim].number}
		s.net.change(func(n *network) { n.cuts.split(a, b, false, 1) })
		for _, g := range s.groups[:2] {
			g.program.kill()
			s.end(g.program)
			if err := s.run(g); err != nil {
				return err
			}
		}
		time.Sleep(apartFor)
		s.net.change(func(n *network) { n.cuts.split(a, b, false, -1) })
	}
	return nil
}

// richest is the registrar that is home to the most elements: one without any is not taken
// over.
func (s *scope) richest() *registrar {
	var most int
	best := s.registrars[0]
	for _, r := range s.registrars {
		var text string
		if r.out || r.get("http://"+httpAddr+"/metrics", &text) != nil {
			continue
		}
		if own := int(parseMetrics(text)[`rserpool_pool_elements{home="own"}`]); own > most {
			most, best = own, r
		}
	}
	return best
}

// awaitTakeover returns when one has found out that a registrar is gone.
func (s *scope) awaitTakeover(dead *registrar) error {
	for began := time.Now(); time.Since(began) < takeoverTime; time.Sleep(lookEvery / 4) {
		for _, r := range s.registrars {
			if r.out {
				continue
			}
			var list struct {
				Items []struct {
					ID    string `json:"id"`
					State string `json:"state"`
				} `json:"items"`
			}
			if err := r.get("http://"+httpAddr+"/api/v1/peers", &list); err != nil {
				return err
			}
			for _, p := range list.Items {
				if p.ID == fmt.Sprintf("0x%08x", dead.id) && p.State != "active" && p.State != "suspect" {
					return nil
				}
			}
		}
	}
	return fmt.Errorf("nobody takes registrar %d over", dead.number)
}

// follow looks at the survivors until all has been well for a while.
func (s *scope) follow(w *watchers) error {
	began := time.Now()
	var well time.Time
	for ; ; time.Sleep(lookEvery) {
		after := time.Since(began)
		views, err := s.views()
		if err != nil && after < takeoverTime {
			continue // one that has only just started
		}
		all, err2 := s.living()
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		switch wrong := w.see(after, views, all); {
		case len(wrong) == 0 && well.IsZero():
			well = time.Now()
		case len(wrong) == 0 && time.Since(well) > afterwards:
			return nil
		case len(wrong) > 0:
			well = time.Time{}
			if after > orphanTime || after > takeoverTime && w.Nowhere > takeoverTime {
				return fmt.Errorf("%.0f s after the kill %s", after.Seconds(), some(wrong))
			}
		}
	}
}
