//go:build linux

package main

import (
	"fmt"
	"syscall"
	"time"
)

// judgeUsers ends the sessions and says which were lost, or had requests that were not
// answered once.
func (s *scope) judgeUsers() (wrong []string) {
	end := time.Now()
	for _, p := range s.userPrograms() {
		p.ask(syscall.SIGINT)
	}
	var all session
	for _, u := range s.users {
		if err := u.program.await(); err != nil {
			wrong = append(wrong, err.Error())
		}
		one, err := u.judge(end)
		if err != nil {
			wrong = append(wrong, err.Error())
		}
		all.add(one)
		wrong = append(wrong, one.Faults...)
	}
	fmt.Printf("%d users: %s\n", len(s.users), all.String())
	return wrong
}

// openTime is how long the last request of a session may have been open.
const openTime = 10 * time.Second

// judge reads what a user has told until it was ended.
func (u *user) judge(end time.Time) (session, error) {
	var one session
	err := readLines(u.program.out, one.take)
	one.end(end, openTime)
	for i, f := range one.Faults {
		one.Faults[i] = fmt.Sprintf("%s: %s; see %s", u.program.name, f, u.program.out)
	}
	return one, err
}
