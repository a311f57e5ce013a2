package client_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/client"
	"rserpool/registrar/wire"
)

// Elements die and come back at random, but for one. Whatever a session asks is
// answered in seconds, when OnFailover repeats what is open.
func TestSessionAmongFailures(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { amongFailures(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

func amongFailures(t *testing.T, random *rand.Rand) {
	const elements = 4
	s := newScope(t)
	defer s.end()
	for id := wire.PEIdentifier(1); id <= elements; id++ {
		s.element(id, counting)
	}
	var mu sync.Mutex
	open, failovers := "", 0
	session, err := s.open(hostPU).Dial(t.Context(), "EchoPool", client.OnFailover(func(f client.Failover) {
		mu.Lock()
		defer mu.Unlock()
		failovers++
		if open != "" {
			io.WriteString(f.Conn, open) // or the next failover repeats it
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	dead := make(map[wire.PEIdentifier]bool)
	for i := range 60 {
		if id := 1 + wire.PEIdentifier(random.IntN(elements-1)); dead[id] {
			s.revive(id)
			delete(dead, id)
		} else {
			s.kill(id)
			dead[id] = true
		}
		pass(time.Duration(random.Int64N(int64(2 * time.Second))))
		text := fmt.Sprintf("<%d>", i)
		mu.Lock()
		open = text
		mu.Unlock()
		began := time.Now()
		session.SetDeadline(began.Add(20 * time.Second))
		if _, err := io.WriteString(session, text); err != nil {
			t.Fatalf("%d, %v dead: %v", i, dead, err)
		}
		for b := make([]byte, 64); ; {
			n, err := session.Read(b)
			if err != nil {
				t.Fatalf("%d, %v dead: %v", i, dead, err)
			}
			if strings.Contains(string(b[:n]), text) {
				break
			}
		}
		mu.Lock()
		open = ""
		mu.Unlock()
		if random.IntN(4) == 0 {
			pass(time.Duration(random.Int64N(int64(10 * time.Minute))))
		}
	}
	if failovers == 0 {
		t.Error("nothing has failed")
	}
}

// revive undoes kill.
func (s *scope) revive(id wire.PEIdentifier) {
	for _, host := range append(values(s.hosts), hostA, hostPU) {
		if host != s.hosts[id] {
			s.network.Heal(s.hosts[id], host)
		}
	}
}
