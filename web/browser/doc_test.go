// Package browser_test drives the dashboard in a real browser: a registrar over
// loopback sockets, elements that register through the client library, the
// HTTP server, and Chromium. Nothing is faked but the user.
//
// It knows what a user sees and the addresses in contract; it refuses to know
// how the page gets there. Every tab fails its test for whatever the page
// writes to the console, violations of its own content security policy
// included.
//
// The browser is the first of chromium, chromium-browser and google-chrome in
// PATH. Screenshots stay with `go test -artifacts -outputdir DIR`.
//
// Start with browser_test.go (the browser and its tabs), then scope_test.go
// (registrars and elements).
package browser_test
