package client_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/node"
)

// What needs no configuration finds the registrar on this host.
func TestDefault(t *testing.T) {
	_, stop, err := launchAt(asapPort)
	if listen, ok := errors.AsType[*node.ListenError](err); ok {
		t.Skipf("port %d is not free here, try again without what uses it: %v", asapPort, listen)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	l, end := serveLines(t, "echo")
	defer end()
	reg, err := client.Register(ctx, client.Element{Pool: "Default", Listener: l})
	if err != nil {
		t.Fatal(err)
	}
	session, err := client.Dial(ctx, "Default")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(session, "x")
	if in := bufio.NewScanner(session); !in.Scan() || in.Text() != "echo x" {
		t.Errorf("line %q, %v", in.Text(), in.Err())
	}
	if err := errors.Join(session.Close(), reg.Close(ctx)); err != nil {
		t.Error(err)
	}
	if _, err := session.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Write after Close: %v", err)
	}
	if _, err := client.Dial(ctx, "Default"); !errors.Is(err, endpoint.ErrUnknownPool) {
		t.Errorf("Dial of a pool that is gone: %v", err)
	}
	if _, err := client.Register(ctx, client.Element{Pool: "Default"}); err == nil {
		t.Error("registered an element that serves nowhere")
	}
}
