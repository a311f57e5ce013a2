package node_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
)

// slowAccept hands what others have opened over late: a dial to them has failed by then.
type slowAccept struct{ transport.Transport }

func (t slowAccept) Listen(c transport.Config) (transport.Listener, error) {
	l, err := t.Transport.Listen(c)
	return slowListener{l}, err
}

type slowListener struct{ transport.Listener }

func (l slowListener) Accept(ctx context.Context) (transport.Association, error) {
	a, err := l.Listener.Accept(ctx)
	time.Sleep(10 * time.Millisecond)
	return a, err
}

// An element that comes again from its port at the moment in which it is called back
// stays: its association is only on the way.
func TestOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		c := config(network, idA, hostA)
		c.Transport = slowAccept{c.Transport}
		a := start(t, c)
		settle()
		l, err := network.Transport(hostPE).Listen(transport.Config{Local: transport.Address{Port: 7000}})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		open := func() script {
			t.Helper()
			b, err := l.Dial(t.Context(), at(hostA, asapPort))
			if err != nil {
				t.Fatal(err)
			}
			return script{t, b, transport.PPIDASAP}
		}
		first := open()
		first.register("EchoPool", 0x77)
		first.Abort("gone")
		again := open() // before the registrar can call back
		if m, ok := again.receive().(asap.EndpointKeepAlive); !ok {
			t.Fatalf("got %+v, want a keep-alive", m)
		}
		again.send(asap.EndpointKeepAliveAck{Handle: "EchoPool", ID: 0x77})
		time.Sleep(time.Second)
		if got := a.updates("EchoPool", 0x77); len(got) != 1 {
			t.Errorf("published are the updates %v, want the registration alone", got)
		}
	})
}
