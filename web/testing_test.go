package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rserpool/registrar"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	self  wire.ServerID = 0x0a0a0a0a
	other wire.ServerID = 0x0b0b0b0b
	token               = "correct-horse-battery-staple"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// fakeRegistrar answers deregistrations from a table and remembers them.
type fakeRegistrar struct {
	answer registrar.Deregistered
	asked  []registrar.Deregister
	ended  registrar.HoldEnded
	ends   []registrar.EndHold
	// of those who are asked
	peerAnswer registrar.Answered
	peersAsked []string
	selected   registrar.Selected
	measures   node.Measures
	measuring  error
}

func (f *fakeRegistrar) Measures(context.Context) (node.Measures, error) {
	return f.measures, f.measuring
}

func (f *fakeRegistrar) ProbeElement(_ context.Context, handle wire.PoolHandle, id wire.PEIdentifier) (registrar.Answered, error) {
	f.peersAsked = append(f.peersAsked, "probe "+string(handle)+" "+id.String())
	return f.peerAnswer, nil
}

func (f *fakeRegistrar) Select(_ context.Context, handle wire.PoolHandle, items int) (registrar.Selected, error) {
	f.peersAsked = append(f.peersAsked, fmt.Sprintf("select %d of %s", items, handle))
	return f.selected, nil
}

func (f *fakeRegistrar) ProbePeer(_ context.Context, id wire.ServerID) (registrar.Answered, error) {
	f.peersAsked = append(f.peersAsked, "probe "+id.String())
	return f.peerAnswer, nil
}

func (f *fakeRegistrar) ResyncPeer(_ context.Context, id wire.ServerID) (registrar.Answered, error) {
	f.peersAsked = append(f.peersAsked, "resync "+id.String())
	return f.peerAnswer, nil
}

func (f *fakeRegistrar) Deregister(_ context.Context, wish registrar.Deregister) (registrar.Deregistered, error) {
	f.asked = append(f.asked, wish)
	return f.answer, nil
}

func (f *fakeRegistrar) EndHold(_ context.Context, wish registrar.EndHold) (registrar.HoldEnded, error) {
	f.ends = append(f.ends, wish)
	return f.ended, nil
}

func newTestHub() *Hub {
	h := NewHub(feed.Hello{Schema: feed.Schema, Registrar: self, Epoch: 7, Started: feed.At(start), Now: feed.At(start), Version: "v0", Dialect: "rfc", Transport: "udp"}, DefaultLimits(), slog.New(slog.DiscardHandler))
	info := wire.ServerInformation{ID: self, Transport: sctp(9901)}
	h.Publish(start, []feed.Message{feed.RegistrarState{Phase: feed.Serving, Information: info}})
	return h
}

func newTestServer(t *testing.T, change func(*Config)) (*httptest.Server, *Hub, *fakeRegistrar) {
	t.Helper()
	fake := &fakeRegistrar{}
	cfg := Config{
		Hub: newTestHub(), Registrar: fake, Token: token, ASAP: "127.0.0.1:3863",
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return start.Add(time.Minute) },
	}
	if change != nil {
		change(&cfg)
	}
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(func() { cfg.Hub.Close(); s.Close() })
	return s, cfg.Hub, fake
}

func sctp(port uint16) wire.Transport {
	return wire.Transport{Type: wire.TypeSCTPTransport, Port: port, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}
}

func element(id wire.PEIdentifier, home wire.ServerID) wire.PoolElement {
	return wire.PoolElement{
		ID: id, HomeServer: home, Life: 300,
		UserTransport: wire.Transport{Type: wire.TypeTCPTransport, Port: 7, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.7")}},
		Policy:        wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5}, ASAPTransport: sctp(40112),
	}
}

func add(h wire.PoolHandle, e wire.PoolElement) feed.Message {
	return enrp.HandleUpdate{IDs: enrp.IDs{Sender: self}, Handle: h, Element: e}
}

func del(h wire.PoolHandle, e wire.PoolElement) feed.Message {
	return enrp.HandleUpdate{IDs: enrp.IDs{Sender: self}, Action: enrp.DelPE, Handle: h, Element: e}
}

func sum(home wire.ServerID, h wire.PoolHandle, ids ...wire.PEIdentifier) feed.Message {
	var s enrp.Sum
	for _, id := range ids {
		s.Add(h, id)
	}
	return enrp.Presence{IDs: enrp.IDs{Sender: home}, HasChecksum: true, Checksum: s.Checksum()}
}

// do sends a request and returns the status, the answer and its headers.
func do(t *testing.T, method, url string, header map[string]string) (int, string, http.Header) {
	t.Helper()
	return sendBody(t, method, url, "", header)
}

// sendBody is do with a body.
func sendBody(t *testing.T, method, url, body string, header map[string]string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		if k == "Host" {
			req.Host = v
		}
		req.Header.Set(k, v)
	}
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}
