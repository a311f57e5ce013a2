//go:build js && wasm

// Command wasm is the dashboard's program in the browser. It follows the feed
// over a WebSocket, keeps a replica of the handlespace, and writes what package
// view makes of it into the document that the server painted.
//
// It knows the DOM and nothing else: what to show is view's, how it is marked up
// is ui's (the rows it clones are templates in the document). Everything runs in
// the browser's event loop; nothing here waits.
//
// Start with main.go (the program's state and its rhythm); socket.go is the
// feed, slots.go and list.go write the document, navigate.go and remove.go
// answer the user.
package main
