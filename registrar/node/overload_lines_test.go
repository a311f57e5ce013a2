package node_test

import (
	"context"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/transport/transporttest"
)

// turnsEvery is how often an overloaded registrar of these tests answers those that wait:
// a look, and how late its turn comes.
const turnsEvery = 120 * time.Millisecond

// swamped is a registrar in an overload.
type swamped struct {
	*running
	network *memory.Network
	// others seem to want a turn whenever it looks: more than some make an overload.
	others atomic.Int64
	// pace is how long it takes to send an answer, sending is called before.
	pace    atomic.Int64
	sending atomic.Pointer[func()]
}

// overloaded starts a registrar with EchoPool, whose turns are late behind many until there
// are no others, and asks until it notices.
func overloaded(t *testing.T) *swamped {
	t.Helper()
	s := &swamped{network: memory.NewNetwork()}
	s.others.Store(1000)
	c := config(s.network, idA, hostA)
	c.Transport = queued{
		transporttest.Direct(c.Transport, func() bool {
			if f := s.sending.Swap(nil); f != nil {
				(*f)()
			}
			time.Sleep(time.Duration(s.pace.Load()))
			return false
		}), turnsEvery - 20*time.Millisecond, func() int { return int(s.others.Load()) },
	}
	s.running = start(t, c)
	settle()
	s.dial(t, hostPE).register("EchoPool", 1)
	pu := s.dial(t, hostPU)
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		pu.send(asap.HandleResolution{Handle: "EchoPool"})
		pu.receive()
	}
	if m, err := s.Measures(t.Context()); err != nil || !m.Overloaded {
		t.Fatalf("overloaded %v, error %v, want it to be", m.Overloaded, err)
	}
	return s
}

func (s *swamped) dial(t *testing.T, from netip.Addr) script {
	t.Helper()
	return dial(t, s.network, from, at(hostA, asapPort))
}

// asks sends so many resolutions at once.
func (s script) asks(many int) {
	s.t.Helper()
	for range many {
		s.send(asap.HandleResolution{Handle: "EchoPool"})
	}
}

// answers counts what comes in a time.
func (s script) answers(long time.Duration) (o outcome) {
	ctx, cancel := context.WithTimeout(s.t.Context(), long)
	defer cancel()
	for {
		switch m, err := s.Recv(ctx); {
		case err != nil:
			return o
		case string(m.Data) == string(refusal):
			o.refused++
		default:
			o.answered++
		}
	}
}

// In an overload the resolutions of each association wait for themselves: who asks for
// little waits for nobody who asks for much, and what else comes over an association that
// asks for much is done at once.
//
// SEC-27: service for others goes on.
func TestLineOthersFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := overloaded(t)
		pe := a.dial(t, hostPE)
		pe.register("OtherPool", 1)
		pe.asks(50)
		pe.answers(turnsEvery / 4) // those that need not wait
		pe.send(registration("OtherPool", 1, hostPE))
		pe.asks(50)
		if _, ok := pe.receive().(asap.RegistrationResponse); !ok {
			t.Error("an answer to a resolution comes before that to a registration behind it")
		}

		others := []script{a.dial(t, hostPU), a.dial(t, hostPU)}
		for _, pu := range others {
			pu.asks(1)
		}
		for i, pu := range others {
			if got := pu.answers(3 * turnsEvery); got != (outcome{answered: 1}) {
				t.Errorf("user %d gets %+v within three looks, want its one answer", i, got)
			}
		}
	})
}

// Of two that ask for much each gets its share, and some are refused while too many wait.
func TestLineShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := overloaded(t)
		users := []script{a.dial(t, hostPU), a.dial(t, hostPU)}
		users[0].asks(80)
		time.Sleep(turnsEvery)
		users[1].asks(80)
		first, second := make(chan outcome), make(chan outcome)
		go func() { first <- users[0].answers(10 * turnsEvery) }()
		go func() { second <- users[1].answers(10 * turnsEvery) }()
		one, other := <-first, <-second
		if refused := one.refused + other.refused; refused < 10 || refused > 25 {
			t.Errorf("%d are refused in ten looks, want two in each where more than a hundred wait", refused)
		}
		if one.answered < 12 || other.answered < 12 || one.answered+other.answered > 50 {
			t.Errorf("they get %+v and %+v in ten looks of four answers, want about as many each", one, other)
		}
	})
}

// Who asks for more than may wait is not read any more until there is room, and what has
// been asked is answered once each.
func TestLineFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := overloaded(t)
		pu := a.dial(t, hostPU)
		question := transport.Message{PPID: transport.PPIDASAP, Data: encode(t, asap.HandleResolution{Handle: "EchoPool"})}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		sent := 0
		for pu.Send(ctx, question) == nil { // it waits where there is no room
			sent++
		}
		if sent > 20_000 {
			t.Errorf("%d resolutions could be sent in 5 s over one association, want as many as its window has room for", sent)
		}
		before, err := a.Measures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		a.others.Store(0)
		got := pu.answers(time.Hour)
		if got.answered+got.refused != sent || got.refused == 0 {
			t.Errorf("%+v, want %d in all, some of them refused", got, sent)
		}
		if m, err := a.Measures(t.Context()); err != nil || m.Overloaded || int(m.Tally.Shed) != got.refused {
			t.Errorf("afterwards overloaded is %v, %d are counted as refused, error %v, want false and %d", m.Overloaded, m.Tally.Shed, err, got.refused)
		} else if i := slices.IndexFunc(m.Limits, func(l registrar.LimitUse) bool { return l.Name == "max_waiting_bytes_per_user" }); i < 0 || m.Limits[i].Hits == 0 {
			t.Errorf("the limit was reached and has no hit: %+v", m.Limits)
		} else if timed := int(m.Resolutions.Count() - before.Resolutions.Count()); timed < sent/2 {
			t.Errorf("%d resolutions are timed, want most of %d also where they waited", timed, sent)
		}
	})
}

// The overload is not over before all that wait have their answers.
func TestLinesAllAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const users, each = 10, 200 // more lines would make each look tardy
		a := overloaded(t)
		all := make(chan outcome)
		for range users {
			pu := a.dial(t, hostPU)
			pu.asks(each)
			go func() { all <- pu.answers(time.Hour) }()
		}
		a.others.Store(0)
		for range users {
			if got := <-all; got.answered+got.refused != each {
				t.Errorf("%+v, want %d in all", got, each)
			}
		}
	})
}

// What becomes urgent while those that wait are answered comes before the next of them.
func TestLinesUrgentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := overloaded(t)
		pe, pu := a.dial(t, hostPE), a.dial(t, hostPU)
		pe.register("OtherPool", 1)
		pu.asks(50)
		pu.answers(turnsEvery / 4) // those that need not wait
		const long = 10 * time.Millisecond
		a.pace.Store(int64(long))
		var began time.Time
		register := func() {
			began = time.Now()
			pe.send(registration("OtherPool", 1, hostPE))
		}
		a.sending.Store(&register)
		pe.receive()
		if took := time.Since(began); took > 2*long {
			t.Errorf("a registration took %v, want it done behind the one answer that was under way", took)
		}
	})
}

// Those that wait are not answered at such a stretch that others have to wait for it.
func TestLinesBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := overloaded(t)
		for range 10 {
			a.dial(t, hostPU).asks(90)
		}
		a.others.Store(0)
		time.Sleep(20 * turnsEvery) // they wait in lines, and more and more are answered at a look
		a.pace.Store(int64(time.Millisecond))
		late := turnsEvery / 4
		for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(70 * time.Millisecond) {
			pu := a.dial(t, hostPU)
			began := time.Now()
			pu.asks(1)
			pu.receive()
			if took := time.Since(began); took > late {
				t.Fatalf("who asks for the first time waits for %v, want %v at most", took, late)
			}
			pu.Abort("enough")
		}
	})
}

// What waits of an association that has ended costs nobody a turn.
func TestLineEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := overloaded(t)
		gone, pu := a.dial(t, hostPU), a.dial(t, hostPU)
		gone.asks(90)
		pu.asks(30)
		pu.answers(turnsEvery / 4) // those that need not wait
		gone.Abort("enough")
		if got := pu.answers(5 * turnsEvery); got.answered < 14 {
			t.Errorf("%+v in five looks, want three answers in each", got)
		}
	})
}
