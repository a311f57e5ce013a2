package client_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/client"
	"rserpool/registrar/policy"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

// A thousand changes of load in a second: none waits for the registrar, which
// hears of few, and of the last one. ASAP-5.1-15
func TestSetLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		r := newRegistrar(t, network, hostA)
		c := open(t, network, hostPE, hostA)
		registered := make(chan *client.Registration)
		go func() {
			reg, err := c.Register(t.Context(), echo(policy.LeastUsed(0.5)))
			if err != nil {
				t.Error(err)
			}
			registered <- reg
		}()
		l := r.accept()
		l.send(accepted(recv[asap.Registration](l)))
		reg := <-registered
		began := time.Now()
		for i := range 1000 {
			if err := reg.SetLoad(float64(i+1) / 1000); err != nil {
				t.Fatal(err)
			}
			if time.Since(began) != time.Duration(i)*time.Millisecond {
				t.Fatal("SetLoad has waited")
			}
			pass(time.Millisecond)
		}
		var loads []uint32
		for len(loads) == 0 || loads[len(loads)-1] != policy.Load(1) {
			m := recv[asap.Registration](l)
			l.send(accepted(m))
			loads = append(loads, m.Element.Policy.Load)
		}
		if len(loads) > 3 || time.Since(began) > 2*time.Second {
			t.Errorf("loads %v after %v, want few of them and the last one soon", loads, time.Since(began))
		}
		if err := reg.SetPolicy(policy.RoundRobin()); err == nil {
			t.Error("the policy's type could be changed")
		}
		reg.Abandon()
		closeClient(t, c)
		if err := reg.SetLoad(0); !errors.Is(err, client.ErrClosed) {
			t.Errorf("SetLoad after Close: %v", err)
		}
	})
}

func TestSetLoadRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScope(t)
		defer s.end()
		reg, err := s.open(hostPE).Register(t.Context(), client.Element{
			Pool: "EchoPool", User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := reg.SetLoad(0.5); err == nil {
			t.Error("round robin has a load")
		}
		if st := reg.State(); st.ID == 0 || st.Pool != "EchoPool" {
			t.Errorf("state %+v", st)
		}
	})
}
