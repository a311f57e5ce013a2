package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/policy"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// The export: schema rserpool.handlespace/v1. A field that is absent is unknown.
type (
	export struct {
		Schema      string         `json:"schema"`
		GeneratedAt string         `json:"generated_at"`
		Sequence    uint64         `json:"seq"`
		Digest      string         `json:"digest"`
		Registrar   exportSelf     `json:"registrar"`
		Pools       []exportPool   `json:"pools"`
		Peers       []exportServer `json:"peers"`
	}
	exportSelf struct {
		ID       string  `json:"id"`
		Uptime   float64 `json:"uptime_seconds"`
		Version  string  `json:"version"`
		Checksum string  `json:"checksum,omitempty"`
	}
	exportPool struct {
		Handle    string          `json:"handle"`
		HandleB64 string          `json:"handle_b64"`
		Policy    exportType      `json:"policy"`
		Elements  []exportElement `json:"elements"`
	}
	exportType struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	exportElement struct {
		ID            string           `json:"id"`
		Home          string           `json:"home_registrar"`
		Owned         bool             `json:"owned"`
		State         string           `json:"state"`
		Life          int32            `json:"registration_life_seconds"`
		ExpiresAt     string           `json:"expires_at,omitempty"`
		Policy        exportPolicy     `json:"policy"`
		UserTransport exportTransport  `json:"user_transport"`
		ASAPTransport *exportTransport `json:"asap_transport,omitempty"`
		Reports       uint16           `json:"unreachable_reports"`
	}
	// exportPolicy has the values by the names of their fields, and the data of
	// types that RFC 5356 does not define as raw_hex.
	exportPolicy    map[string]any
	exportTransport struct {
		Protocol    string   `json:"protocol"`
		Port        *uint16  `json:"port,omitempty"`
		Use         string   `json:"use,omitempty"`
		ServiceCode *uint32  `json:"service_code,omitempty"`
		Addresses   []string `json:"addresses,omitempty"`
		Data        string   `json:"data_hex,omitempty"`
	}
	exportServer struct {
		ID        string   `json:"id"`
		State     string   `json:"state"`
		Mentor    bool     `json:"mentor,omitempty"`
		Addresses []string `json:"addresses,omitempty"`
		LastHeard string   `json:"last_heard_at,omitempty"`
		Told      string   `json:"checksum_reported,omitempty"`
		Computed  string   `json:"checksum_computed,omitempty"`
		InSync    *bool    `json:"in_sync,omitempty"`
		Elements  int      `json:"elements_owned"`
	}
)

// handlespace serves the export.
func (s *server) handlespace(w http.ResponseWriter, r *http.Request) {
	var e export
	now := s.Now()
	s.Hub.View(func(r *replica.Replica) { e = exportOf(r, now) })
	// Weak: the digest leaves out the clock.
	etag := `W/"` + e.Digest + `"`
	h := w.Header()
	h.Set("ETag", etag)
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Disposition", `attachment; filename="handlespace-`+e.Registrar.ID+`.json"`)
	if strings.Contains(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writeJSON(w, e)
}

func exportOf(r *replica.Replica, now time.Time) export {
	hello, digest := r.Hello(), r.Digest(sha256.New())
	e := export{
		Schema:      "rserpool.handlespace/v1",
		GeneratedAt: stamp(now),
		Sequence:    r.Sequence().Number,
		Digest:      "sha256:" + hex.EncodeToString(digest),
		Registrar: exportSelf{
			ID: r.Self().String(), Version: hello.Version,
			Uptime: now.Sub(hello.Started.Time()).Round(100 * time.Millisecond).Seconds(),
		},
		Pools: []exportPool{}, Peers: []exportServer{},
	}
	if told, _, known := r.Own(); known {
		e.Registrar.Checksum = told.String()
	}
	for p := range r.Pools() {
		pool := exportPool{
			Handle: text(p.Handle), HandleB64: base64.StdEncoding.EncodeToString([]byte(p.Handle)),
			Policy: exportType{Name: policy.Name(p.Policy.Type), Type: p.Policy.Type.String()}, Elements: []exportElement{},
		}
		for el := range r.Elements(p.Handle) {
			pool.Elements = append(pool.Elements, exportElementOf(el))
		}
		e.Pools = append(e.Pools, pool)
	}
	for p := range r.Peers() {
		e.Peers = append(e.Peers, exportServerOf(p))
	}
	return e
}

func exportElementOf(el replica.Element) exportElement {
	e := exportElement{
		ID: el.ID.String(), Home: el.HomeServer.String(), Owned: el.Owned,
		State: el.State.Health.String(), Life: int32(el.Life), ExpiresAt: stampOf(el.State.Expires),
		Policy: exportPolicyOf(el.Policy), UserTransport: exportTransportOf(el.UserTransport), Reports: el.State.Reports,
	}
	if el.ASAPTransport.Present() {
		t := exportTransportOf(el.ASAPTransport)
		t.Use = "" // an ASAP transport is for control alone
		e.ASAPTransport = &t
	}
	return e
}

func exportPolicyOf(p wire.Policy) exportPolicy {
	e := exportPolicy{}
	values, _ := policy.Fields(p)
	for _, v := range values {
		e[v.Key()] = v.Value
	}
	if !p.Type.Defined() {
		e["raw_hex"] = hex.EncodeToString([]byte(p.Raw))
	}
	return e
}

func exportTransportOf(t wire.Transport) exportTransport {
	if t.Type == wire.TypeOpaqueTransport {
		return exportTransport{Protocol: "opaque", Data: hex.EncodeToString([]byte(t.Opaque))}
	}
	e := exportTransport{Protocol: protocols[t.Type], Port: &t.Port, Addresses: []string{}}
	for _, a := range t.Addresses {
		e.Addresses = append(e.Addresses, a.String())
	}
	switch t.Type {
	case wire.TypeSCTPTransport:
		e.Use = map[wire.TransportUse]string{wire.DataOnly: "data", wire.DataAndControl: "data_and_control"}[t.Use]
	case wire.TypeDCCPTransport:
		e.ServiceCode = &t.ServiceCode
	default: // has neither
	}
	return e
}

var protocols = map[wire.ParameterType]string{
	wire.TypeSCTPTransport: "sctp", wire.TypeTCPTransport: "tcp", wire.TypeUDPTransport: "udp",
	wire.TypeUDPLiteTransport: "udp_lite", wire.TypeDCCPTransport: "dccp",
}

func exportServerOf(p replica.Peer) exportServer {
	e := exportServer{
		ID: p.Peer.String(), State: p.State.String(), Mentor: p.Mentor,
		LastHeard: stampOf(p.Heard), Elements: p.Elements,
	}
	for _, a := range p.Information.Transport.Addresses {
		e.Addresses = append(e.Addresses, netip.AddrPortFrom(a, p.Information.Transport.Port).String())
	}
	if p.HasTold {
		e.Told = p.Told.String()
	}
	if p.HasComputed {
		e.Computed = p.Computed.String()
	}
	if same, known := p.InStep(); known {
		e.InSync = &same
	}
	return e
}

// stamp gives a time as RFC 3339 in UTC with milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

func stampOf(t feed.Time) string {
	if t == 0 {
		return ""
	}
	return stamp(t.Time())
}
