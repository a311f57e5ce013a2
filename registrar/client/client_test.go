package client_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/asap"
	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

// accepted answers a registration.
func accepted(m asap.Registration) asap.Message {
	return asap.RegistrationResponse{Handle: m.Handle, ID: m.Element.ID}
}

// An element's life: registered, kept so, changed, deregistered.
// ASAP-5.1-01, ASAP-5.1-13, ASAP-5.1-14, ASAP-5.2-01
func TestRegistration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		r := newRegistrar(t, network, hostA)
		c := open(t, network, hostPE, hostA)
		defer closeClient(t, c)

		var told events
		e := echo(wire.Policy{Type: wire.LeastUsed, Load: 1})
		e.Notify = told.notify
		result := make(chan *client.Registration)
		go func() {
			reg, err := c.Register(t.Context(), e)
			if err != nil {
				t.Error(err)
			}
			result <- reg
		}()
		l := r.accept()
		first := recv[asap.Registration](l)
		want := wire.PoolElement{ID: 7, Life: 300, Policy: e.Policy, UserTransport: wire.Transport{
			Type: wire.TypeTCPTransport, Port: 7, Addresses: []netip.Addr{hostPE},
		}}
		if diff := cmp.Diff(want, first.Element, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("registration (-want +got):\n%s", diff)
		}
		l.send(accepted(first))
		reg := <-result

		began := time.Now()
		l.send(accepted(recv[asap.Registration](l)))
		if d := time.Since(began); d != 280*time.Second {
			t.Errorf("registered again after %v, want 4m40s", d)
		}
		synctest.Wait()
		if err := reg.SetPolicy(wire.Policy{Type: wire.LeastUsed, Load: 2}); err != nil {
			t.Error(err)
		}
		changed := recv[asap.Registration](l)
		if changed.Element.Policy.Load != 2 {
			t.Errorf("load %d, want 2", changed.Element.Policy.Load)
		}
		l.send(accepted(changed))
		synctest.Wait()
		if err := reg.SetPolicy(roundRobin); err == nil {
			t.Error("the policy's type could be changed")
		}

		closed := make(chan error)
		go func() { closed <- reg.Close(t.Context()) }()
		d := recv[asap.Deregistration](l)
		l.send(asap.DeregistrationResponse{Handle: d.Handle, ID: d.ID})
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]endpoint.Kind{
			endpoint.Registered, endpoint.Reregistered, endpoint.Reregistered, endpoint.Deregistered,
		}, told.kinds()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// What Register returns when it comes to nothing.
func TestRegisterFails(t *testing.T) {
	tests := []struct {
		name   string
		answer asap.Message
		after  time.Duration
		check  func(error) bool
	}{
		{
			"refused", // ASAP-5.1-09
			asap.RegistrationResponse{Reject: true, Handle: "EchoPool", ID: 7, Causes: []wire.Cause{{Code: wire.CauseLackOfResources}}},
			0,
			func(err error) bool {
				var refused *endpoint.RefusedError
				return errors.As(err, &refused) && refused.Has(wire.CauseLackOfResources)
			},
		},
		{
			"unanswered", nil, // ASAP-5.1-08
			time.Minute,
			func(err error) bool { return errors.Is(err, endpoint.ErrTimeout) },
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := memory.NewNetwork()
				r := newRegistrar(t, network, hostA)
				c := open(t, network, hostPE, hostA)
				defer closeClient(t, c)
				go func() {
					for range 2 {
						a, err := r.Accept(t.Context())
						if err != nil {
							return
						}
						l := link{t, a}
						recv[asap.Registration](l)
						if test.answer != nil {
							l.send(test.answer)
						}
					}
				}()
				began := time.Now()
				_, err := c.Register(t.Context(), echo(roundRobin))
				if !test.check(err) || time.Since(began) != test.after {
					t.Errorf("Register: %v after %v, want that after %v", err, time.Since(began), test.after)
				}
			})
		})
	}
}

// Nobody there: told after the first round of the hunt, not for ever waited for.
// ASAP-6.6-02
func TestNoRegistrar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		network.Transport(hostA)
		network.Cut(hostA, hostPE)
		c := open(t, network, hostPE, hostA, hostB)
		defer closeClient(t, c)
		began := time.Now()
		_, err := c.Register(t.Context(), echo(roundRobin))
		var none *endpoint.NoServerError
		if !errors.As(err, &none) || len(none.Failures) != 2 {
			t.Errorf("Register: %v, want an error with both registrars", err)
		}
		if d := time.Since(began); d > 10*time.Second {
			t.Errorf("told after %v, want the first round, 10s", d)
		}
		if _, err := c.Resolve(t.Context(), "EchoPool", 0); !errors.As(err, &none) {
			t.Errorf("Resolve: %v", err)
		}
		if _, err := c.Dial(t.Context(), "EchoPool"); !errors.As(err, &none) {
			t.Errorf("Dial: %v", err)
		}
		if _, err := c.Send(t.Context(), client.PEHandle{Pool: "EchoPool"}, []byte("x"), 0); !errors.As(err, &none) {
			t.Errorf("Send: %v", err)
		}
	})
}

// A registrar opens an association of its own for keep-alives, and one that
// sets H is the home from then on. ASAP-5.4-02, ASAP-5.4-03
func TestKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a, b := newRegistrar(t, network, hostA), newRegistrar(t, network, hostB)
		c := open(t, network, hostPE, hostA)
		var told events
		e := echo(roundRobin)
		e.Notify = told.notify
		go c.Register(t.Context(), e) // told says what became of it
		la := a.accept()
		la.send(accepted(recv[asap.Registration](la)))
		synctest.Wait()

		lb := b.dial(c)
		lb.send(asap.EndpointKeepAlive{Home: true, Server: 0xb, Handle: "EchoPool"})
		if ack := recv[asap.EndpointKeepAliveAck](lb); ack.Handle != "EchoPool" || ack.ID != 7 {
			t.Errorf("acknowledged %v in %q", ack.ID, ack.Handle)
		}
		lb.send(accepted(recv[asap.Registration](lb)))
		synctest.Wait()
		if home := told.last().Home; home.Server != 0xb || home.Address.Addrs[0] != hostB {
			t.Errorf("home is %v at %v, want 0x0000000b at %v", home.Server, home.Address, hostB)
		}

		// An operator removes it: told, and it returns at T4. ASAP-5.2-04
		lb.send(asap.DeregistrationResponse{Handle: "EchoPool", ID: 7})
		began := time.Now()
		lb.send(accepted(recv[asap.Registration](lb)))
		if d := time.Since(began); d != 280*time.Second {
			t.Errorf("returned after %v, want 4m40s", d)
		}
		synctest.Wait()
		closed := make(chan error)
		go func() { closed <- c.Close(context.Background()) }()
		d := recv[asap.Deregistration](lb)
		lb.send(asap.DeregistrationResponse{Handle: d.Handle, ID: d.ID})
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]endpoint.Kind{
			endpoint.Registered, endpoint.Reregistered, endpoint.Removed, endpoint.Reregistered, endpoint.Deregistered,
		}, told.kinds()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		<-la.Done()
		<-lb.Done()
		if !errors.Is(lb.Err(), transport.ErrShutdown) {
			t.Errorf("association ended with %v, want a shutdown", lb.Err())
		}
	})
}

// The home is lost: registered at the next one. ASAP-5.1-07, ASAP-6.6-02
func TestFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a, b := newRegistrar(t, network, hostA), newRegistrar(t, network, hostB)
		network.Cut(hostB, hostPE)
		c := open(t, network, hostPE, hostA, hostB)
		go c.Register(t.Context(), echo(roundRobin)) // the registrars see what becomes of it
		la := a.accept()
		la.send(accepted(recv[asap.Registration](la)))
		synctest.Wait() // the attempt to reach B has been given up
		network.Heal(hostB, hostPE)
		network.Cut(hostA, hostPE)
		la.Abort("crash")
		lb := b.accept()
		recv[asap.Registration](lb)

		// The registrar does not answer any more: Close gives up when told to.
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := c.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "left to expire") {
			t.Errorf("Close: %v, want one that tells of elements left", err)
		}
	})
}

// A caller that waits no longer. The registration is taken back.
func TestCallerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		r := newRegistrar(t, network, hostA)
		c := open(t, network, hostPE, hostA)
		defer closeClient(t, c)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		errs := make(chan error, 2)
		go func() {
			_, err := c.Register(ctx, echo(roundRobin))
			errs <- err
		}()
		go func() {
			_, err := c.Resolve(ctx, "EchoPool", 1)
			errs <- err
		}()
		for range 2 {
			if err := <-errs; !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v, want the end of the time", err)
			}
		}
		l := r.accept()
		for {
			m, err := l.Recv(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			d, err := asap.Parse(m.Data)
			if err != nil {
				t.Fatal(err)
			}
			if m, ok := d.Message.(asap.Deregistration); ok {
				l.send(asap.DeregistrationResponse{Handle: m.Handle, ID: m.ID})
				return
			}
		}
	})
}

func TestClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		c := open(t, network, hostPE, hostA)
		closeClient(t, c)
		closeClient(t, c)
		if _, err := c.Register(t.Context(), echo(roundRobin)); !errors.Is(err, client.ErrClosed) {
			t.Errorf("Register: %v", err)
		}
		if _, err := c.Resolve(t.Context(), "EchoPool", 0); !errors.Is(err, client.ErrClosed) {
			t.Errorf("Resolve: %v", err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	network := memory.NewNetwork()
	for name, cfg := range map[string]client.Config{
		"a registrar without a port": {Registrars: []transport.Address{at(hostA, 0)}},
		"a key that can be guessed":  {CookieKey: []byte("secret")},
		"heartbeats backwards":       {Heartbeat: -time.Second},
		"an address of another host": {Local: at(hostA, 0)},
		"a group that is none":       {Announcements: []netip.AddrPort{netip.AddrPortFrom(hostA, asapPort)}},
	} {
		cfg.Transport = network.Transport(hostPE)
		if _, err := client.Open(cfg); err == nil {
			t.Errorf("opened with %s", name)
		}
	}
}
