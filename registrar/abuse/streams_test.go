package abuse

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// ending is how a connection ended, in words.
func ending(err error) string {
	switch {
	case err == nil:
		return "answered"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "held"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.EMFILE):
		return "no file to call with"
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return "TLS alert"
	}
	return err.Error()
}

// once calls, says, and reads for a while until something comes or it ends.
func once(to string, patience time.Duration, say []byte) error {
	c, err := net.DialTimeout("tcp", to, 10*time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write(say); err != nil {
		return err
	}
	_ = c.(*net.TCPConn).CloseWrite()
	b := make([]byte, 512)
	_, err = c.Read(b)
	return err
}

// drip opens n connections that say something at once, and then a byte now and then,
// and tells how they ended.
func drip(ctx context.Context, s *scene, to string, n int, first, then []byte) string {
	n = min(n, files-500)
	var how tally
	conns := make([]net.Conn, 0, n)
	many(n, 1, 2000, func(int) {
		c, err := net.DialTimeout("tcp", to, 10*time.Second)
		if err != nil {
			how.add(ending(err))
			return
		}
		_, _ = c.Write(first)
		conns = append(conns, c)
	})
	newcomer := s.newcomer(ctx)
	for range 2 {
		hold(ctx)
		for _, c := range conns {
			_, _ = c.Write(then)
		}
	}
	many(len(conns), 100, 100000, func(i int) {
		_ = conns[i].SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		_, err := io.Copy(io.Discard, conns[i])
		if err == nil {
			err = io.EOF
		}
		how.add(ending(err))
		_ = conns[i].Close()
	})
	return fmt.Sprintf("%s, a newcomer is %s", how.String(), newcomer)
}

func streamKinds() []kind {
	return []kind{
		{
			name: "ASAP over TCP: connections with messages cut short or of wrong lengths", count: 5000,
			play: func(_ context.Context, s *scene, n int) (string, error) {
				good := encoded(asap.HandleResolution{Handle: pool})
				list := [][]byte{good[:5], {5, 0, 0, 3, 0}, {5, 0, 0xff, 0xff, 1, 2}, []byte("GET / HTTP/1.1\r\n\r\n"), append(append([]byte{}, good...), 1, 0)}
				var how tally
				many(n, 8, 500, func(i int) { how.add(ending(once(s.open.places.ASAPTCP[0], 20*time.Second, list[i%len(list)]))) })
				return how.String(), nil
			},
		},
		{
			name: "ASAP over TCP: connections that send a byte now and then", count: 3000, peak: 256 << 20,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return drip(ctx, s, s.open.places.ASAPTCP[0], n, []byte{5}, []byte{0}), nil
			},
		},
		{
			name: "ASAP over TCP: connections that say nothing", count: 10000, peak: 512 << 20, left: 64 << 20,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return drip(ctx, s, s.open.places.ASAPTCP[0], n, nil, nil), nil
			},
		},
		{
			name: "ASAP over TCP: a user that asks and does not read", count: 400000,
			play: func(ctx context.Context, s *scene, n int) (string, error) { return s.deaf(ctx, n) },
		},
		{
			name: "ASAP over TCP: registrations, which only SCTP may carry", count: 10000,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return unproven(ctx, func() (net.Conn, error) { return net.Dial("tcp", s.open.places.ASAPTCP[0]) }, n)
			},
		},
		{
			name: "TLS: handshakes that send a byte now and then", count: 3000, peak: 256 << 20,
			play: func(ctx context.Context, s *scene, n int) (string, error) {
				return drip(ctx, s, s.open.places.ASAPTLS[0], n, []byte{22, 3, 1, 2, 0}, []byte{1}), nil
			},
		},
		{
			name: "TLS: garbage, plain ASAP and HTTP instead of a handshake", count: 5000,
			play: func(_ context.Context, s *scene, n int) (string, error) {
				garbage := make([]byte, 300)
				_, _ = rand.Read(garbage)
				list := [][]byte{garbage, encoded(asap.HandleResolution{Handle: pool}), []byte("GET / HTTP/1.1\r\n\r\n"), append([]byte{22, 3, 1, 0x3f, 0xff}, garbage...)}
				var how tally
				many(n, 8, 500, func(i int) { how.add(ending(once(s.open.places.ASAPTLS[0], 20*time.Second, list[i%len(list)]))) })
				return strings.ReplaceAll(how.String(), "answered", "TLS alert"), nil
			},
		},
	}
}

// deaf asks over TCP and reads nothing.
func (s *scene) deaf(ctx context.Context, n int) (string, error) {
	c, err := net.Dial("tcp", s.open.places.ASAPTCP[0])
	if err != nil {
		return "", err
	}
	defer c.Close()
	patience := 60 * time.Second
	_ = c.SetDeadline(time.Now().Add(patience))
	m := encoded(asap.HandleResolution{Handle: pool})
	sent := 0
	err = paced(ctx, n, 20000, func(int) error {
		sent++
		_, err := c.Write(m)
		return err
	})
	how := ending(err)
	if err == nil { // the system has room for some
		hold(ctx)
		if _, err := c.Write(m); err != nil {
			how = ending(err)
		} else {
			how = "held"
		}
	}
	return fmt.Sprintf("%s after %s requests", how, number(sent)), nil
}

// unproven sends registrations over a stream, and counts the answers.
func unproven(ctx context.Context, dial func() (net.Conn, error), n int) (string, error) {
	c, err := dial()
	if err != nil {
		return "", err
	}
	defer c.Close()
	var answers atomic.Int64
	go func() {
		for head := make([]byte, 4); ; answers.Add(1) {
			if _, err := io.ReadFull(c, head); err != nil {
				return
			}
			if _, err := io.CopyN(io.Discard, c, int64((int(head[2])<<8|int(head[3])+3)&^3-4)); err != nil {
				return
			}
		}
	}()
	err = paced(ctx, n, 5000, func(i int) error {
		_, err := c.Write(encoded(asap.Registration{Handle: pool, Element: wire.PoolElement{
			ID: wire.PEIdentifier(i + 1), Life: 300, Policy: wire.Policy{Type: wire.RoundRobin}, //nolint:gosec // small
			UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: local.Addrs},
		}}))
		return err
	})
	atRest(answers.Load)
	return fmt.Sprintf("answers: %s", number(int(answers.Load()))), err
}
