package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// rawHandlePrefix marks a pool handle given as base64url, for bytes that no
// keyboard has.
const rawHandlePrefix = "b64."

// poolHandleArg reads a pool handle from the command line.
func poolHandleArg(text string) (wire.PoolHandle, error) {
	encoded, raw := strings.CutPrefix(text, rawHandlePrefix)
	if !raw {
		if text == "" {
			return "", fail(exitUsage, errors.New("pool handle must not be empty"))
		}
		return wire.PoolHandle(text), nil
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil || len(b) == 0 {
		return "", fail(exitUsage, fmt.Errorf("pool handle %q: want base64url behind %q", text, rawHandlePrefix))
	}
	return wire.PoolHandle(b), nil
}

// handleText shows a pool handle as poolHandleArg reads it.
func handleText(h wire.PoolHandle) string {
	plain := strconv.Quote(string(h)) == `"`+string(h)+`"`
	if plain && !strings.HasPrefix(string(h), rawHandlePrefix) {
		return string(h)
	}
	return rawHandlePrefix + base64.RawURLEncoding.EncodeToString([]byte(h))
}

// protocolTypes are the user transports of elements here.
var protocolTypes = map[string]wire.ParameterType{
	"sctp": wire.TypeSCTPTransport, "tcp": wire.TypeTCPTransport, "udp": wire.TypeUDPTransport,
}

// protocols are the words for transports.
var protocols = map[wire.ParameterType]string{
	wire.TypeSCTPTransport: "sctp", wire.TypeTCPTransport: "tcp", wire.TypeUDPTransport: "udp",
	wire.TypeUDPLiteTransport: "udplite", wire.TypeDCCPTransport: "dccp", wire.TypeOpaqueTransport: "opaque",
}

// transportText shows a transport as "tcp 192.0.2.1:7".
func transportText(t wire.Transport) string {
	words := []string{protocols[t.Type]}
	for _, ip := range t.Addresses {
		words = append(words, netip.AddrPortFrom(ip, t.Port).String())
	}
	if t.Use == wire.DataAndControl {
		words = append(words, "+control")
	}
	return strings.Join(words, " ")
}

// transportJSON is a transport in the words of the export.
type transportJSON struct {
	Protocol  string       `json:"protocol"`
	Port      uint16       `json:"port,omitempty"`
	Use       string       `json:"use,omitempty"`
	Addresses []netip.Addr `json:"addresses,omitempty"`
}

func newTransportJSON(t wire.Transport) transportJSON {
	j := transportJSON{Protocol: protocols[t.Type], Port: t.Port, Addresses: slices.Clone(t.Addresses)}
	if t.Type == wire.TypeSCTPTransport {
		j.Use = map[wire.TransportUse]string{wire.DataOnly: "data", wire.DataAndControl: "data_and_control"}[t.Use]
	}
	return j
}

// causeWords lists error causes in words.
func causeWords(causes []wire.Cause) []string {
	words := make([]string, len(causes))
	for i, c := range causes {
		words[i] = endpoint.Describe([]wire.Cause{c})
	}
	return words
}

// homeText shows a home registrar: its ID where known, else its address.
func homeText(h client.Home) string {
	if h.Server != 0 {
		return h.Server.String()
	}
	return h.Address.String()
}

// homeAttrs are the same for logs.
func homeAttrs(h client.Home) []any {
	attrs := []any{slog.String("registrar", h.Address.String())}
	if h.Server != 0 {
		attrs = append(attrs, slog.String("home", h.Server.String()))
	}
	return attrs
}
