// Package inspect describes the bytes of an ASAP or ENRP message as a tree of
// named fields, for people and for scripts: what `registrar inspect` prints and
// what the page's inspector shows.
//
// It walks headers and parameters by their framing alone, so a message that the
// codec discards or refuses still shows what it carries. What the message is
// worth (its class, the answer it provokes, its re-encoding) comes from the
// codec, so the two cannot disagree on that. It knows no procedure, prints
// nothing and reads no file.
//
// Start with describe.go; message.go and parameter.go hold the layouts, node.go
// the tree.
package inspect
