// Package registrar is one ENRP server (RFC 5352, RFC 5353) as a pure state
// machine: [Registrar.Step] takes an event and the time and gives effects,
// [Registrar.Deadline] says when to come again. It has no socket, clock,
// goroutine or global chance; the same seed and events give the same effects.
// Package node is its only driver.
//
// # Reading order
//
// event.go and effect.go are all that goes in and out. registrar.go has the
// state, Step and the phases of a registrar's life; association.go how messages
// and associations get in; credential.go what an association has proven of its other
// end, and authorize.go, all by itself, what it may do then.
//
// Towards pool elements and users: asap.go (which message goes where), element.go
// (what is remembered of an element), records.go with identities.go (where that is
// kept), attachment.go (how the element is reached), asap_registration.go,
// asap_deregistration.go, asap_resolution.go, asap_keepalive.go,
// asap_unreachable.go with reporters.go (what one user can do), asap_announce.go,
// subscription.go. When silence proves nothing: guard.go with
// silence.go and guard_verify.go (the own network is down), standstill.go (nothing ran
// here).
//
// Towards other registrars: enrp.go, peer.go (who is known and alive), peer_link.go
// (how it is reached), seed.go (configured peers), mentor.go and mentor_hearsay.go
// (start-up), enrp_announce.go (who is heard on a multicast group),
// enrp_presence.go, enrp_list.go, enrp_handle_table.go (downloads both ways),
// enrp_handle_update.go, ownership.go (who is an element's home), audit.go
// (checksums and resynchronisation).
//
// When one of them goes: takeover.go (consent, winning, the memory of the dead),
// enrp_takeover.go (its messages), adoption.go (the elements of the dead),
// refutation.go (we live), handover.go (leaving well). dialect.go is all that
// differs in a scope with RSPLIB, retelling.go what only that needs.
//
// testdata/transcripts plays each procedure of RFC 5353 message by message.
//
// Besides: operator.go with ask_peer.go, ask_element.go and ask_pool.go (what operators
// ask), deadline.go (timers), note.go (what the feed and the
// logs hear), tally.go (what metrics count) with discard.go and histogram.go,
// config.go, limits.go with limit_hits.go (who was refused at one), limit_use.go (what is
// told of them) and idle.go (who gives way), verify.go.
//
// # The project
//
//	registrar/wire         parameters and error causes, RFC 5354 and RFC 5356
//	registrar/asap, enrp   the messages of the two protocols
//	registrar/index        ordered storage; registrar/policy selects on it
//	registrar/handlespace  pools, elements, homes, expiry
//	registrar/feed         what a registrar tells a dashboard; registrar/replica reads it
//	registrar/endpoint     pool elements and users as state machines
//	registrar/transport    associations over SCTP; registrar/node drives this package
//	registrar/auth         identities, keys and certificates of a secured scope
//	registrar/client       the library for elements and users
//	registrar/load         load on any registrar, measured
//	registrar/abuse        bad inputs, played against registrars beside honest ones
//	registrar/sim          a scope of all of them in virtual time
//	registrar/interop      processes, beside RSPLIB and the kernel, and with faults
//	web, ui, wasm, static  the dashboard; cmd/registrar is the program
package registrar
