package node_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
)

func TestStartErrors(t *testing.T) {
	tests := []struct {
		name   string
		change func(*node.Config)
		listen bool
		want   string
	}{
		{"no address", func(c *node.Config) { c.ASAP = nil }, true, "asap"},
		{"two ports", func(c *node.Config) {
			c.ENRP = []transport.Address{at(hostA, 1), at(hostB, 2)}
		}, true, "same port"},
		{"wildcard and address", func(c *node.Config) {
			c.ENRP = []transport.Address{at(hostA, 1), {Port: 1}}
		}, true, "wildcard"},
		{"foreign address", func(c *node.Config) { c.ENRP = []transport.Address{at(hostB, enrpPort)} }, true, hostA.String()},
		{"bad registrar", func(c *node.Config) { c.Registrar.PeerHeartbeatCycle = 0 }, false, "PeerHeartbeatCycle"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			network := memory.NewNetwork()
			c := config(network, idA, hostA)
			tt.change(&c)
			_, err := node.Start(context.Background(), c)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Start: %v, want an error about %s", err, tt.want)
			}
			if listen := new(node.ListenError); errors.As(err, &listen) != tt.listen {
				t.Errorf("Start: %T, want a ListenError: %t", err, tt.listen)
			}
			start(t, config(network, idA, hostA)) // nothing is left on the ports
		})
	}
}

func TestPortInUse(t *testing.T) {
	network := memory.NewNetwork()
	start(t, config(network, idA, hostA))
	c := config(network, idB, hostA)
	c.ASAP[0].Port++
	_, err := node.Start(context.Background(), c)
	var listen *node.ListenError
	if !errors.As(err, &listen) || listen.Port != node.PortENRP {
		t.Errorf("Start: %v, want a ListenError about enrp", err)
	}
}

// deafening is a transport whose listeners fail to accept.
type deafening struct{ transport.Transport }

var errDeaf = errors.New("out of file descriptors")

func (d deafening) Listen(c transport.Config) (transport.Listener, error) {
	l, err := d.Transport.Listen(c)
	return deafListener{l}, err
}

type deafListener struct{ transport.Listener }

func (deafListener) Accept(context.Context) (transport.Association, error) { return nil, errDeaf }

// A registrar that nobody can reach must not look alive.
func TestListenerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(memory.NewNetwork(), idA, hostA)
		c.Transport = deafening{c.Transport}
		n, err := node.Start(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		<-n.Done()
		if !errors.Is(n.Err(), errDeaf) {
			t.Errorf("Err is %v, want %v", n.Err(), errDeaf)
		}
	})
}
