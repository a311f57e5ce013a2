package abuse

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/auth"
	"rserpool/registrar/client"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/dtls"
	"rserpool/registrar/transport/identity"
	"rserpool/registrar/transport/udp"
	"rserpool/registrar/wire"
)

const (
	// token is the operator's.
	token = "a-token-of-the-operator"
	// pool is that of the honest elements, at every registrar.
	pool wire.PoolHandle = "Honest"
	// elementsEach is how many of them each registrar is the home of.
	elementsEach = 4
)

var (
	loopback = netip.MustParseAddr("127.0.0.1")
	local    = transport.Address{Addrs: []netip.Addr{loopback}}
)

// scene is who is there: an open registrar and its peer, a secured registrar, and the
// honest at the first and the last. element is a program beside that hears announcements.
type scene struct {
	t                   *testing.T
	dir                 string
	open, peer, secured *process
	element             *process
	at                  map[*process]*honest
	// asapGroup and enrpGroup are where announcements are heard.
	asapGroup, enrpGroup netip.AddrPort
	// before is what no abuse changes.
	before state
	// known are the identifiers of the honest elements.
	known []wire.PEIdentifier
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, dir: t.TempDir(), at: make(map[*process]*honest), asapGroup: group(t), enrpGroup: group(t)}
	s.secrets()
	common := []string{
		"--transport", "udp", "--keepalive-interval", "2s", "--log-level", "warn", "--http-token-file", filepath.Join(s.dir, "token"),
		"--peer-heartbeat-cycle", "2s", "--max-time-last-heard", "10s", "--max-time-no-response", "3s",
	}
	s.open = serve(t, "open", append([]string{
		"--id", "0xa", "--asap-tcp", "127.0.0.1:0", "--asap-tls", "127.0.0.1:0", "--tls-cert", filepath.Join(s.dir, "tls.pem"),
		"--enrp-announce", s.enrpGroup.String(), "--asap-announce", s.asapGroup.String(), "--announce-interface", "lo", "--mentor-discovery", "1ms",
		"--max-elements-per-association", "20000",
	}, common...)...)
	s.peer = serve(t, "peer", append([]string{"--id", "0xb", "--peer", s.open.places.ENRP[0]}, common...)...)
	s.secured = serve(t, "secured", "--transport", "dtls", "--id", "0xc", "--auth-file", filepath.Join(s.dir, "scope.toml"),
		"--keepalive-interval", "2s", "--log-level", "warn", "--http-token-file", filepath.Join(s.dir, "token"),
		"--asap-tcp", "127.0.0.1:0", "--asap-tls", "127.0.0.1:0", "--tls-cert", filepath.Join(s.dir, "tls.pem"))
	plain := func(at *process) *client.Client {
		return s.client(client.Config{Registrars: []transport.Address{address(t, at.places.ASAP[0])}, Local: local})
	}
	proven := func(name string) *client.Client {
		return s.client(client.Config{
			Registrars: []transport.Address{address(t, s.secured.places.ASAP[0])}, Local: local, Transport: dtls.New(s.own(name, name+".key")),
		})
	}
	again := 2 * time.Second
	if *full {
		again = 10 * time.Second
	}
	// A client each: one that has several elements of a pool acknowledges for all of
	// them at once, and the registrar counts what it has not asked for.
	for range elementsEach {
		for _, c := range []*client.Client{plain(s.open), plain(s.peer), proven("pe")} {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if _, err := c.Register(ctx, client.Element{Pool: pool, Listener: l, Life: 60, Reregister: again}); err != nil {
				t.Fatal(err)
			}
			cancel()
		}
	}
	s.element, _ = run(t, "element", "element", "echo", "--pool", string(pool), "--registrar", s.open.places.ASAP[0],
		"--asap-announce", s.asapGroup.String(), "--log-level", "warn", "--lifetime", "60s", "--reregister", again.String())
	eventually(t, time.Minute, "all are registered everywhere", func() error {
		for p, want := range map[*process]int{s.open: 2*elementsEach + 1, s.peer: 2*elementsEach + 1, s.secured: elementsEach} {
			if h, err := p.held(); err != nil || h.elements() != want {
				return fmt.Errorf("%s has %d elements, want %d (%w)", p.name, h.elements(), want, err)
			}
		}
		return nil
	})
	// Ends before the processes do, which would be taken for failures.
	ctx, cancel := context.WithCancel(context.Background())
	s.at[s.open] = users(t, ctx, s.open, pool, plain(s.open), plain(s.open))
	s.at[s.secured] = users(t, ctx, s.secured, pool, proven("pu"), proven("comer"))
	t.Cleanup(cancel)
	return s
}

// secrets makes keys, certificates and the operator's token.
func (s *scene) secrets() {
	s.t.Helper()
	at := func(name string) string { return filepath.Join(s.dir, name) }
	file, err := program()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(at("token"), []byte(token+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	for _, args := range []string{
		"new-key registrar:0x0000000c --role registrar --id 0xc --auth-file scope.toml",
		"new-key pe --role pe --pool Honest --auth-file scope.toml --out pe.key",
		"new-key comer --role pe --pool Comers --auth-file scope.toml --out comer.key",
		"new-key pu --role pu --auth-file scope.toml --out pu.key",
		"new-key pe --role pe --pool Honest --auth-file other.toml --out wrong.key",
		"new-cert registrar:0x0000000c --role registrar --id 0xc --ip 127.0.0.1 --ca ca --out tls.pem",
	} {
		cmd := exec.Command(file, append([]string{"auth", "-q"}, strings.Fields(args)...)...)
		cmd.Dir = s.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			s.t.Fatalf("auth %s: %v\n%s", args, err, out)
		}
	}
}

// own is what somebody has to prove who it is.
func (s *scene) own(name, key string) (c identity.Credentials) {
	s.t.Helper()
	c, err := auth.Own{Identity: name, KeyFile: filepath.Join(s.dir, key)}.Load()
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *scene) client(c client.Config) *client.Client {
	s.t.Helper()
	made, err := client.Open(c)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = made.Close(ctx)
	})
	return made
}

// in counts the elements of a pool.
func (h held) in(handle wire.PoolHandle) int {
	for _, p := range h.Pools {
		if p.Handle == string(handle) {
			return len(p.Elements)
		}
	}
	return 0
}

// elements counts those of all pools.
func (h held) elements() (n int) {
	for _, p := range h.Pools {
		n += len(p.Elements)
	}
	return n
}

func address(t *testing.T, text string) transport.Address {
	t.Helper()
	a, err := transport.ParseAddress(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// group is one of this host, with a port that nobody else uses.
func group(t *testing.T) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return netip.AddrPortFrom(netip.MustParseAddr("239.255.1.13"), conn.LocalAddr().(*net.UDPAddr).AddrPort().Port())
}

// stranger is somebody with one association.
type stranger struct {
	transport.Association
	listener transport.Listener
	// heard counts what came, by its first byte, refused the answers with causes.
	heard   [256]int
	refused int
	done    chan struct{}
}

// join opens an association with one of the ports of a registrar, and reads it.
func join(ctx context.Context, t *testing.T, to string) (*stranger, error) {
	t.Helper()
	l, err := udp.New().Listen(transport.Config{Local: local, MaxAssociations: 4})
	if err != nil {
		return nil, err
	}
	a, err := l.Dial(ctx, address(t, to))
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	s := &stranger{Association: a, listener: l, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		for {
			m, err := a.Recv(context.Background())
			if err != nil {
				return
			}
			if len(m.Data) == 0 {
				continue
			}
			if s.heard[m.Data[0]]++; m.PPID == transport.PPIDASAP && isRefusal(m.Data) {
				s.refused++
			}
		}
	}()
	return s, nil
}

// isRefusal reports whether an answer has causes.
func isRefusal(b []byte) bool {
	d, err := asap.Parse(b)
	if err != nil {
		return false
	}
	switch m := d.Message.(type) {
	case asap.RegistrationResponse:
		return m.Reject
	case asap.DeregistrationResponse:
		return len(m.Causes) > 0
	case asap.HandleResolutionResponse:
		return len(m.Causes) > 0
	}
	return false
}

// leave ends it, when all that is on its way has arrived, and waits for the reader.
func (s *stranger) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = s.Shutdown(ctx)
	_ = s.listener.Close()
	<-s.done
}
