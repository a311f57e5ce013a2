// Package load puts load on any registrar that speaks ASAP (RFC 5352) and
// measures how it answers: rates, latencies, refusals, and what its process uses.
//
// A run opens associations, registers a space of pools and elements over them,
// asks, and deregisters what it has registered. It answers keep-alives, so that its
// elements stay. It knows the messages and nothing of how a registrar works.
//
// Start with options.go, then run.go and lane.go; pingpong.go is the ceiling.
package load
