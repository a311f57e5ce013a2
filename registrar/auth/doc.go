// Package auth is who may be whom in an operation scope: names, what each may
// do, and the keys and certificates that prove them (RFC 5352 section 9.2, RFC
// 5355 section 2). RFC 5353 section 6 wants mutual authentication and leaves open
// how identities are given out; here one file, the table, says it for all
// registrars of a scope.
//
// It knows the table's file, key files and PEM files, and how to make them. It
// refuses to know associations and messages: a transport proves a name, the table
// says what Credential belongs to it, and the core decides by that.
//
// # Names
//
// An identity has one name, whatever proves it. It is a URI such as
// "registrar:0x0000000a" or "pe:echo1", or a DNS name. A pre-shared key proves it
// as the identity of its handshake; a certificate carries it letter by letter as
// its first URI among the subject alternative names or, without any URI, as its
// first DNS name, which is in lower case (package identity reads it).
//
// # Secrets
//
// A Key never shows in a log or an error, nor does a line of a file that might
// hold one. Files with secrets must not be readable by others.
//
// Open table.go first (what is asked), then load.go and entry.go (the file),
// credentials.go and own.go (what the transports get), follow.go (another table while
// it runs), authority.go (making certificates).
package auth
