package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// server is the process that is measured, apart from whoever measures.
type server struct {
	url   string
	stdin io.Closer
	cmd   *exec.Cmd
}

// startServer runs this program again, as a server of so many elements.
func startServer(elements, rate int) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "-serve", strconv.Itoa(elements), "-updates", strconv.Itoa(rate)) //nolint:gosec // itself
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server does not start: %w", err), cmd.Wait())
	}
	return &server{strings.TrimSpace(line), stdin, cmd}, nil
}

// stop ends the process.
func (s *server) stop() {
	_ = s.stdin.Close()
	_ = s.cmd.Wait() // it has nothing to say at its end
}

// ask lets the server tell of itself. A query asks for more: for its heap, behind a
// collection of garbage; that all updates stop; for the digest.
func (s *server) ask(query string) (u usage, err error) {
	res, err := http.Get(s.url + "/bench/usage" + query) //nolint:noctx // it answers at once
	if err != nil {
		return u, err
	}
	defer res.Body.Close()
	return u, json.NewDecoder(res.Body).Decode(&u)
}

// spent is what a server uses in a second.
type spent struct {
	// core is a share of one processor, sent a number of bytes.
	core, sent, batches float64
}

// measure lets time pass.
func (s *server) measure(ctx context.Context, d time.Duration) (spent, error) {
	before, err := s.ask("")
	if err != nil {
		return spent{}, err
	}
	start := time.Now()
	select {
	case <-time.After(d):
	case <-ctx.Done():
		return spent{}, ctx.Err()
	}
	after, err := s.ask("")
	seconds := time.Since(start).Seconds()
	return spent{
		core: (after.CPU - before.CPU).Seconds() / seconds, sent: float64(after.Sent-before.Sent) / seconds,
		batches: float64(after.Sequence-before.Sequence) / seconds,
	}, err
}

// stalled gives what a client costs in memory at most that does not read, within a
// time: beside what the server has at most without it.
func (s *server) stalled(ctx context.Context, d time.Duration) (cost int64, err error) {
	without, err := s.heap(d)
	if err != nil {
		return 0, err
	}
	conn, err := dial(ctx, s.url, "")
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.CloseNow() }()
	with, err := s.heap(d)
	return with - without, err
}

// heap is the most memory that is in use within a time.
func (s *server) heap(d time.Duration) (most int64, err error) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		u, err := s.ask("?heap")
		if err != nil {
			return 0, err
		}
		most = max(most, int64(u.Heap)) //nolint:gosec // some MB
	}
	return most, nil
}
