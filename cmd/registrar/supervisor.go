package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"rserpool/registrar/feed"
	"rserpool/registrar/node"
)

// supervisor is who started the registrar and wants to hear how it is: systemd, or
// whatever else reads the socket NOTIFY_SOCKET (sd_notify(3)). nil is nobody, and
// its methods do nothing then.
type supervisor struct {
	log  *slog.Logger
	send func(state string) error
	// watchdog is how long it waits for a sign of life; 0 is for ever.
	watchdog time.Duration
	// ready is closed when the registrar serves.
	ready   chan struct{}
	isReady func()
	// status is what it was told then, "" before.
	status string
}

// newSupervisor finds out from the environment who wants to hear what.
func newSupervisor(log *slog.Logger) (*supervisor, error) {
	if os.Getenv("NOTIFY_SOCKET") == "" {
		return nil, nil
	}
	watchdog, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return nil, fmt.Errorf("environment variable WATCHDOG_USEC is %q: want microseconds, 1 or more", os.Getenv("WATCHDOG_USEC"))
	}
	s := &supervisor{log: log, watchdog: watchdog, ready: make(chan struct{})}
	s.send = func(state string) error {
		_, err := daemon.SdNotify(false, state)
		return err
	}
	s.isReady = sync.OnceFunc(func() { close(s.ready) })
	return s, nil
}

// attach makes the node of cfg tell when it serves, after whoever else wants to know.
func (s *supervisor) attach(cfg *node.Config) {
	if s == nil {
		return
	}
	publish := cfg.Publish
	cfg.Publish = func(at time.Time, changes []feed.Message) {
		if publish != nil {
			publish(at, changes)
		}
		for _, m := range changes {
			if state, ok := m.(feed.RegistrarState); ok && state.Phase == feed.Serving {
				s.isReady()
			}
		}
	}
}

// serving is closed when the registrar serves.
func (s *supervisor) serving() <-chan struct{} {
	if s == nil {
		return nil
	}
	return s.ready
}

func (s *supervisor) tellStarting() {
	s.tell("STATUS=Waiting for the handlespace of another registrar")
}

func (s *supervisor) tellReady(n *node.Node, board *dashboard) {
	if s == nil {
		return
	}
	status := fmt.Sprintf("STATUS=Serving as %v, ASAP at %v, ENRP at %v", n.ID(), n.ASAPAddrs()[0], n.ENRPAddrs()[0])
	if board != nil {
		status += ", dashboard at " + board.addr()
	}
	s.status = status
	s.tell(daemon.SdNotifyReady, status)
}

// tellReloading says that the settings are being read. Before the registrar serves
// nobody is told: the end of it would say that it does.
func (s *supervisor) tellReloading() {
	if s != nil && s.status != "" {
		s.tell(daemon.SdNotifyReloading, strings.TrimSuffix(daemon.SdNotifyMonotonicUsec(), "\n"))
	}
}

// tellReloaded ends what tellReloading has begun; err is why nothing has changed.
func (s *supervisor) tellReloaded(err error) {
	if s == nil || s.status == "" {
		return
	}
	status := s.status
	if err != nil {
		status += "; the settings were not taken, the log says why"
	}
	s.tell(daemon.SdNotifyReady, status)
}

func (s *supervisor) tellStopping() { s.tell(daemon.SdNotifyStopping, "STATUS=Leaving the scope") }

// watch tells twice within the watchdog's time that alive answers, until done is
// closed. A registrar that does not answer is not reported, and so is restarted.
func (s *supervisor) watch(alive func(context.Context) error, done <-chan struct{}) {
	if s == nil || s.watchdog == 0 {
		return
	}
	half := s.watchdog / 2
	beat := time.NewTicker(half)
	defer beat.Stop()
	for {
		select {
		case <-done:
			return
		case <-beat.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), half)
		err := alive(ctx)
		cancel()
		switch {
		case err == nil:
			s.tell(daemon.SdNotifyWatchdog)
		case !errors.Is(err, node.ErrStopped):
			s.log.Error("registrar.stuck", slog.Duration("silent", half), slog.Any("error", err))
		}
	}
}

func (s *supervisor) tell(lines ...string) {
	if s == nil {
		return
	}
	if err := s.send(strings.Join(lines, "\n")); err != nil {
		s.log.Warn("supervisor.untold", slog.String("message", lines[0]), slog.Any("error", err))
	}
}
