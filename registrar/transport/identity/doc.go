// Package identity says whom a certificate names, and whether that is who was
// meant (RFC 5352 section 9.2, RFC 6125). The DTLS and the TLS backend ask the
// same questions here.
//
// It knows subject alternative names and how to compare them. It refuses to know
// whether a certificate is valid: chain, dates and usage are checked before.
//
// Open name.go first, then matches.go.
package identity
