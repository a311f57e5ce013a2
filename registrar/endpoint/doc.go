// Package endpoint is the ASAP side of pool elements and pool users (RFC 5352)
// as a pure state machine: the server hunt, registration, keep-alive answers,
// de-registration and handle resolution of one ASAP endpoint.
//
// One Endpoint serves any number of pool elements and requests over one
// association to the home ENRP server, as RFC 5352 section 3.3 asks of a node
// that is both. Events go in, effects come out, time is an argument; package
// client is the driver. It knows no socket, clock or thread, and nothing of
// what an element serves.
//
// Open endpoint.go first (Step is the map), then hunt.go, registration.go and
// resolution.go. RFC 5352's timers: T1 in resolution.go, T2 and T4 in
// registration.go, T3 in deregistration.go, T5 in hunt.go.
package endpoint
