// Package endpoint is the ASAP side of pool elements and pool users (RFC 5352) as
// a pure state machine. Towards ENRP servers it is the server hunt, registration,
// keep-alive answers, de-registration, handle resolution with its cache, and
// subscriptions; towards other elements and users it is sessions that fail over,
// messages to pools, cookies and business cards.
//
// One Endpoint serves any number of elements, sessions and requests over one
// association to the home ENRP server, as RFC 5352 section 3.3 asks of a node
// that is both. Events go in, effects come out, time is an argument; package
// client is the driver, and sim another. It knows no socket, clock or thread, and
// nothing of what an element serves and a user wants: data passes it by.
//
// Open endpoint.go first (Step is the map). Towards servers: hunt.go and server.go,
// registration.go, resolution.go with patience.go (a server that has too much to do) and
// cache.go. Towards each other: channel.go, session.go with search.go and probe.go,
// message.go with link.go. RFC 5352's timers: T1 in resolution.go, T2 and T4 in
// registration.go, T3 in deregistration.go, T5 in hunt.go, T7 in announce.go.
package endpoint
