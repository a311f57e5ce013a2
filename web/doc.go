// Package web shows a registrar over HTTP: pages that are whole without a
// script, the JSON API, and the feed that the page's WebAssembly program
// follows over a WebSocket.
//
// It knows the registrar by what it publishes (package feed), kept in a
// replica; the one thing it asks of it is to deregister an element. It never
// waits for a client: each has a bounded queue in which later changes of one
// element replace earlier ones, and whoever falls behind gets a new snapshot.
//
// Start with web.go (the routes), then hub.go and queue.go.
package web
