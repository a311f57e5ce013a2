// Package web shows a registrar over HTTP: pages that are whole without a
// script, the JSON API, and the feed that the page's WebAssembly program
// follows over a WebSocket.
//
// It knows the registrar by what it publishes (package feed), kept in a
// replica; what it asks of it are an operator's wishes, what a pool user would
// get, and the counts for metrics (package metrics). It never waits for a client: each has
// a bounded queue in which later changes of one element replace earlier ones, and whoever
// falls behind gets a new snapshot. Nor does the registrar wait for who reads here.
//
// Start with web.go (the routes), then hub.go with incoming.go (what waits for a reader to
// be done), queue.go (what a client has not been sent) and pending.go (how that is merged).
// limits.go and hits.go bound what clients can take, body.go what they can send. access.go, secret.go and login.go say who
// may what; list.go is how lists are filtered, ordered and cut into pages. openapi.json
// describes the API.
package web
