package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"rserpool/registrar/load"
)

// still is how long a registrar of RSPLIB must not grow to have all elements: it does
// not tell. Before the transfer it waits five seconds.
const still = 8 * time.Second

// joinAll lets registrars come to a mentor of their kind.
func (p plan) joinAll(r *results, both []asked) error {
	if p.joins == 0 {
		return nil
	}
	var j struct {
		Joins []struct {
			Elements int
			Seconds  float64
			CPU      float64 `json:"joiner_cpu_microseconds_per_element"`
		}
	}
	pools := []string{"--pools", "10", "--elements", strconv.Itoa(p.elements / 10)}
	args := append([]string{"join", "--registrar", oursAt, "--mentor", oursENRP, "--repeat", strconv.Itoa(p.joins)}, pools...)
	if err := p.bench(&j, args...); err != nil {
		return err
	}
	for _, one := range j.Joins {
		r.Joins = append(r.Joins, join{ours, one.Elements, one.Seconds, one.CPU})
	}
	hold, err := p.hold(both[1], pools)
	if err != nil {
		return err
	}
	defer hold.stop()
	for range p.joins {
		if err := p.joinTheirs(r); err != nil {
			return err
		}
	}
	return nil
}

// hold keeps elements registered at a registrar, and returns when they are.
func (p plan) hold(who asked, pools []string) (*process, error) {
	hold, err := start(p.program, append([]string{"bench", "hold", "--transport", "kernel", "-q", "--registrar", who.at, "--duration", "1h", "--prefix", "join-"}, pools...)...)
	if err != nil {
		return nil, err
	}
	last := "join-9"
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
		out, err := exec.Command(p.program, "bench", "resolve", "--transport", "kernel", "-q", "--registrar", who.at, "--pool", last, "--requests", "1").Output()
		if err == nil && len(out) > 0 && !bytes.Contains(out, []byte("refused")) {
			// The last pool has begun; the rest of it takes no longer than this.
			time.Sleep(still)
			return hold, nil
		}
	}
	hold.stop()
	return nil, fmt.Errorf("no pool %s at %s in five minutes", last, who.at)
}

// joinTheirs starts a registrar of RSPLIB and watches its memory, by which it tells
// that it has the elements: when 99 % of its growth is done.
func (p plan) joinTheirs(r *results) error {
	began := time.Now()
	b, err := rspregistrar(joinsAt, joinsENRPAt, "-peer="+theirsENRP)
	if err != nil {
		return err
	}
	defer b.stop()
	type point struct {
		at time.Duration
		load.Usage
	}
	var all []point
	grown := began
	for time.Since(grown) < still {
		u, err := load.Process{PID: b.pid()}.Usage()
		if err != nil {
			return err
		}
		if len(all) == 0 || u.Memory > all[len(all)-1].Memory {
			grown = time.Now()
			all = append(all, point{time.Since(began), u})
		}
		time.Sleep(20 * time.Millisecond)
	}
	first, last := all[0], all[len(all)-1]
	for _, at := range all {
		if at.Memory-first.Memory >= (last.Memory-first.Memory)*99/100 {
			r.Joins = append(r.Joins, join{theirs, p.elements, at.at.Seconds(), float64(at.CPU.Microseconds()) / float64(p.elements)})
			break
		}
	}
	return nil
}
