// Package identity is who an end says it is, and whom a certificate names (RFC 5352
// section 9.2, RFC 6125). The DTLS and the TLS backend take the same Credentials and
// ask the same questions here.
//
// It knows what one end has to prove itself with, and how to compare subject
// alternative names. It refuses to know whether a certificate is valid: chain,
// dates and usage are checked before.
//
// Open credentials.go first, then store.go, name.go and matches.go.
package identity
