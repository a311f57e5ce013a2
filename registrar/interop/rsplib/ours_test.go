package rsplib

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"
)

const (
	asapPort = 3863
	enrpPort = 9901
	httpAddr = "127.0.0.1:8080" // of the host alone
)

// fast are timers at which a scope lives quickly; RSPLIB's are beside them in
// theirs_test.go.
var fast = []string{
	"--peer-heartbeat-cycle", "1s", "--max-time-last-heard", "2500ms", "--max-time-no-response", "1500ms",
	"--mentor-discovery", "1500ms", "--keepalive-interval", "1s", "--keepalive-timeout", "1500ms",
}

// ourRegistrar is one of ours on a host.
type ourRegistrar struct {
	*process
	*host
	id  string
	api http.Client
}

// registrar starts a registrar of ours that lives with RSPLIB's and is fast.
func (h *host) registrar(id uint32, flags ...string) *ourRegistrar {
	h.Helper()
	return h.serve("rsplib", id, append(slices.Clone(fast), flags...)...)
}

// slowRegistrar is registrar with the timers of the dialect.
func (h *host) slowRegistrar(id uint32, flags ...string) *ourRegistrar {
	h.Helper()
	return h.serve("rsplib", id, flags...)
}

// nativeRegistrar is registrar in a scope of ours alone, by the letter of the RFCs.
func (h *host) nativeRegistrar(id uint32, flags ...string) *ourRegistrar {
	h.Helper()
	return h.serve("rfc", id, append(slices.Clone(fast), flags...)...)
}

func (h *host) serve(dialect string, id uint32, flags ...string) *ourRegistrar {
	h.Helper()
	h.mine()
	r := &ourRegistrar{host: h, id: hex(id), api: http.Client{Timeout: patience}}
	r.api.Transport = &http.Transport{DialContext: func(ctx context.Context, network, addr string) (c net.Conn, err error) {
		err = h.inside(func() (err error) {
			c, err = new(net.Dialer).DialContext(ctx, network, addr)
			return err
		})
		return c, err
	}}
	h.Cleanup(r.api.CloseIdleConnections)
	line := []string{program, "serve", "-v", "--id", r.id, "--dialect", dialect, "--transport", "kernel", "--http", httpAddr}
	for _, a := range h.addrs {
		line = append(line, "--asap", net.JoinHostPort(a.String(), strconv.Itoa(asapPort)), "--enrp", net.JoinHostPort(a.String(), strconv.Itoa(enrpPort)))
	}
	r.process = h.run(h, "registrar "+r.id, append(line, flags...)...)
	h.await("service of our registrar "+r.id, func() bool {
		s, err := r.fetch()
		return err == nil && s.Registrar.Checksum != ""
	})
	return r
}

// mine notes that what this host sends is ours, and has to be right.
func (h *host) mine() {
	for _, a := range h.addrs {
		h.record.Ours = append(h.record.Ours, a.String())
	}
}

// state is what a registrar of ours says of itself; more of it is in web/handlespace.go.
type state struct {
	Registrar struct {
		ID       string `json:"id"`
		Checksum string `json:"checksum"`
	} `json:"registrar"`
	Pools []struct {
		Handle   string    `json:"handle"`
		Bytes    []byte    `json:"handle_b64"`
		Elements []element `json:"elements"`
	} `json:"pools"`
	Peers []peer `json:"peers"`
}

type element struct {
	ID        string    `json:"id"`
	Home      string    `json:"home_registrar"`
	Owned     bool      `json:"owned"`
	State     string    `json:"state"`
	ExpiresAt time.Time `json:"expires_at"`
	Reports   int       `json:"unreachable_reports"`
	User      struct {
		Protocol  string   `json:"protocol"`
		Port      int      `json:"port"`
		Addresses []string `json:"addresses"`
	} `json:"user_transport"`
	ASAP struct {
		Port int `json:"port"`
	} `json:"asap_transport"`
}

type peer struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	InSync   bool   `json:"in_sync"`
	Elements int    `json:"elements_owned"`
}

// elements are those of a pool, by their identifiers.
func (s state) elements(pool string) map[string]element {
	all := make(map[string]element)
	for _, p := range s.Pools {
		if p.Handle != pool {
			continue
		}
		for _, e := range p.Elements {
			all[e.ID] = e
		}
	}
	return all
}

// peer is the one with an ID.
func (s state) peer(id uint32) (peer, bool) {
	for _, p := range s.Peers {
		if p.ID == hex(id) {
			return p, true
		}
	}
	return peer{}, false
}

// fetch asks the registrar over its API, on its own host: that works also when the
// host is cut off.
func (r *ourRegistrar) fetch() (state, error) {
	resp, err := r.api.Get("http://" + httpAddr + "/api/v1/handlespace")
	if err != nil {
		return state{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return state{}, errors.New(resp.Status)
	}
	var s state
	return s, json.NewDecoder(resp.Body).Decode(&s)
}

// state is what the registrar knows now.
func (r *ourRegistrar) state() state {
	r.process.Helper()
	s, err := r.fetch()
	if err != nil {
		r.process.Fatalf("registrar %s: %v", r.id, err)
	}
	return s
}

// awaitState returns what the registrar knows when that makes until true.
func (r *ourRegistrar) awaitState(what string, until func(state) bool) (s state) {
	r.process.Helper()
	r.process.await(what+" at our registrar "+r.id, func() bool {
		s = r.state()
		return until(s)
	})
	return s
}

// awaitElements returns the elements of a pool when they are count.
func (r *ourRegistrar) awaitElements(pool string, count int) map[string]element {
	r.process.Helper()
	s := r.awaitState(fmt.Sprintf("%d elements in %s", count, pool), func(s state) bool { return len(s.elements(pool)) == count })
	return s.elements(pool)
}

// ours starts another command of our program.
func (h *host) ours(command string, args ...string) *process {
	h.Helper()
	h.mine()
	return h.run(h, command, append([]string{program, command, "--transport", "kernel"}, args...)...)
}

// secret is a file with the key of cookies that elements share.
func (s *scene) secret() string {
	s.Helper()
	name := s.file(".cookie-key")
	if err := os.WriteFile(name, []byte("of all the elements of this scene"), 0o600); err != nil {
		s.Fatal(err)
	}
	return name
}

// hex is an identifier as this project prints it.
func hex(id uint32) string { return fmt.Sprintf("0x%08x", id) }
