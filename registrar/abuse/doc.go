// Package abuse plays bad inputs against registrars that run as processes of their
// own, beside honest elements, users and dashboards, and checks what must hold then:
// the handlespace and the peers are what they were, all who are honest are answered,
// and memory comes back. It has tests only; README has the table that they write.
//
// Start with kinds_test.go, the list; scene_test.go is who is there, run_test.go
// what is checked of each kind. The others play the kinds, by the way that they come
// in: asap_test.go, enrp_test.go, datagrams_test.go (below SCTP), streams_test.go
// (TCP and TLS), secured_test.go and http_test.go.
package abuse
