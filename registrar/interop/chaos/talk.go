package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// line is what `registrar user -o json` and `registrar element -o json` tell.
type line struct {
	Time  time.Time `json:"time"`
	Event string    `json:"event"`
	Pool  string    `json:"pool"`
	ID    string    `json:"id"`
	Text  string    `json:"text"`
	Error string    `json:"error"`
	From  string    `json:"from"`
	Total *struct {
		Sent     int     `json:"sent"`
		Answered int     `json:"answered"`
		Slowest  float64 `json:"slowest_seconds"`
	} `json:"total"`
}

// lines reads them; the last one may be cut off, where its program was killed.
func lines(r io.Reader, each func(line)) error {
	in := bufio.NewScanner(r)
	for in.Scan() {
		var l line
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			if !in.Scan() {
				return in.Err()
			}
			return fmt.Errorf("line %q: %w", in.Text(), err)
		}
		each(l)
	}
	return in.Err()
}

// session is what a user's session has come to.
type session struct {
	Requests, Failovers, Repeated int
	Slowest                       time.Duration
	Faults                        []string

	sent     int
	answered int // the highest request that has an answer
	sentAt   time.Time
	failed   bool
	moves    int // failovers since the last request that was sent for the first time
}

// take judges the next line: every request has one answer, in order. One that was open
// at a failover was sent again, and may have two.
func (s *session) take(l line) {
	switch l.Event {
	case "sent":
		s.Requests++
		s.sent, s.sentAt, s.moves = number(l.Text, "ping "), l.Time, 0
	case "failover":
		s.Failovers++
		s.moves++
	case "received":
		s.answer(l)
	case "failed":
		s.failed = true
		s.faultf("the session failed at %s: %s", l.Time.Format(time.TimeOnly), l.Error)
	case "closed":
		s.faultf("an element closed the session at %s", l.Time.Format(time.TimeOnly))
	}
}

func (s *session) answer(l line) {
	switch n := number(l.Text, "pong "); {
	case n == s.answered+1 && n <= s.sent:
		s.answered = n
		s.Slowest = max(s.Slowest, l.Time.Sub(s.sentAt))
	case n == s.answered && s.moves > 0:
		s.moves--
		s.Repeated++
	default:
		s.faultf("answer %q at %s, after request %d and an answer to %d", l.Text, l.Time.Format(time.TimeOnly), s.sent, s.answered)
		s.answered = max(s.answered, n)
	}
}

// end judges a session that was ended on purpose: nothing but its last request may be
// open, and that for no longer than patience.
func (s *session) end(at time.Time, patience time.Duration) {
	if s.Requests == 0 {
		s.faultf("it made no request")
	} else if open := at.Sub(s.sentAt); s.answered < s.sent && open > patience && !s.failed {
		s.faultf("request %d has no answer after %v", s.sent, open.Round(time.Millisecond))
	}
}

func (s *session) faultf(format string, args ...any) {
	if len(s.Faults) < shown {
		s.Faults = append(s.Faults, fmt.Sprintf(format, args...))
	}
}

// number is what follows a word: 7 in "pong 7 from 0x12".
func number(text, word string) int {
	rest, _ := strings.CutPrefix(text, word)
	digits, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return -1
	}
	return n
}

// living are the elements that a program of elements says are registered.
type living map[element]bool

func (all living) take(l line) {
	switch l.Event {
	case "registered", "reregistered", "removed": // it comes back
		all[element{l.Pool, l.ID}] = true
	case "deregistered", "failed", "refused":
		delete(all, element{l.Pool, l.ID})
	}
}

// add sums sessions up.
func (s *session) add(other session) {
	s.Requests += other.Requests
	s.Failovers += other.Failovers
	s.Repeated += other.Repeated
	s.Slowest = max(s.Slowest, other.Slowest)
}

func (s *session) String() string {
	return fmt.Sprintf("%d requests, %d failovers, %d answers came twice after one, slowest answer %v", s.Requests, s.Failovers, s.Repeated, s.Slowest)
}
