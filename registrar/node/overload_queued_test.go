package node_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/transport/transporttest"
)

// queued is a transport that seems to read what arrives late, behind that of others.
type queued struct {
	transport.Transport
	late   time.Duration
	others func() int
}

func (q queued) Listen(c transport.Config) (transport.Listener, error) {
	l, err := q.Transport.Listen(c)
	return queuedListener{l, q}, err
}

type queuedListener struct {
	transport.Listener
	queued
}

func (l queuedListener) Behind(reached func(int)) {
	time.AfterFunc(l.late, func() { reached(l.others()) })
}

// What waits in sockets, where no goroutine waits for it, is an overload where it is much
// and waits long; a machine that is slow for other reasons is none.
func TestOverloadQueued(t *testing.T) {
	for _, tt := range []struct {
		name   string
		late   time.Duration
		others int
		want   bool
	}{
		{"late behind many", 100 * time.Millisecond, 50, true},
		{"very late behind many", time.Second, 50, true},
		{"late behind few", 100 * time.Millisecond, 5, false},
		{"soon behind many", 10 * time.Millisecond, 50, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := memory.NewNetwork()
				c := config(network, idA, hostA)
				c.Transport = queued{transporttest.Direct(c.Transport, func() bool { return false }), tt.late, func() int { return tt.others }}
				a := start(t, c)
				settle()
				pe := dial(t, network, hostPE, at(hostA, asapPort))
				pe.register("EchoPool", 1)
				pu := dial(t, network, hostPU, at(hostA, asapPort))
				for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
					pu.send(asap.HandleResolution{Handle: "EchoPool"})
					pu.receive()
				}
				if got := slices.Contains(a.events(), "overload.begun"); got != tt.want {
					t.Errorf("overload %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// That turns are late is known from how long a look waits, before its turn comes: many
// resolutions before it are sign enough.
func TestOverloadBeforeTheLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		c := config(network, idA, hostA)
		c.Transport = queued{transporttest.Direct(c.Transport, func() bool { return false }), 10 * time.Second, func() int { return 1000 }}
		a := start(t, c)
		settle()
		pu := dial(t, network, hostPU, at(hostA, asapPort))
		for range 100 {
			pu.send(asap.HandleResolution{Handle: "EchoPool"})
			pu.receive()
			time.Sleep(5 * time.Millisecond)
		}
		if !slices.Contains(a.events(), "overload.begun") {
			t.Errorf("events are %v after half a second, want overload.begun among them", a.events())
		}
	})
}
