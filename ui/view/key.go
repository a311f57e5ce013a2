package view

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"rserpool/registrar/wire"
)

// keyPrefix marks the keys that are base64url.
const keyPrefix = "b64."

// Key gives the pool handle as one segment of a URL's path: percent-encoded
// where it is plain text, else b64. and the base64url of its bytes. A handle
// that a proxy could take for something else (a slash, a percent sign, dots
// alone) counts as bytes.
func Key(h wire.PoolHandle) string {
	s := string(h)
	if !plain(s) || strings.ContainsAny(s, "/\\%") || strings.Trim(s, ".") == "" || strings.HasPrefix(s, keyPrefix) {
		return keyPrefix + base64.RawURLEncoding.EncodeToString([]byte(s))
	}
	return escape(s)
}

// ParseKey gives the handle of a key from which percent-encoding has been
// removed already.
func ParseKey(key string) (wire.PoolHandle, error) {
	text, ok := strings.CutPrefix(key, keyPrefix)
	if !ok {
		return wire.PoolHandle(key), nil
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return "", errors.New("want base64url behind b64., have " + key)
	}
	return wire.PoolHandle(b), nil
}

// argument gives the pool handle as commands and forms take it: as it is where it is
// plain text that no command takes for a flag, else as its key.
func argument(h wire.PoolHandle) string {
	if plain(string(h)) && !strings.HasPrefix(string(h), keyPrefix) && h[0] != '-' {
		return string(h)
	}
	if h == "" {
		return ""
	}
	return keyPrefix + base64.RawURLEncoding.EncodeToString([]byte(h))
}

// shellQuoted gives a word of a command line as a shell takes it.
func shellQuoted(word string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !safe(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// maxHandleShown is how many bytes of a handle that is no text are shown.
const maxHandleShown = 16

// Handle gives the pool handle for people: as it is where it is plain text,
// else as 0x and its bytes in hex, cut after 16 of them.
func Handle(h wire.PoolHandle) string {
	if plain(string(h)) {
		return string(h)
	}
	if len(h) > maxHandleShown {
		return hexBytes(h[:maxHandleShown]) + "…"
	}
	return hexBytes(h)
}

// hexBytes gives all bytes of a handle.
func hexBytes(h wire.PoolHandle) string { return "0x" + wire.Hex([]byte(h)) }

// plain reports whether s can be shown as it is: printable UTF-8 that does not
// start or end with a blank.
func plain(s string) bool {
	if s == "" || !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		return false
	}
	for _, r := range s {
		if !strconv.IsPrint(r) {
			return false
		}
	}
	return true
}

const (
	upperHex = "0123456789ABCDEF"
)

// escape percent-encodes all but the unreserved characters of RFC 3986.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(upperHex[c>>4])
		b.WriteByte(upperHex[c&15])
	}
	return b.String()
}

// unescape removes percent-encoding; ok is false where it is broken.
func unescape(s string) (text string, ok bool) {
	if !strings.Contains(s, "%") {
		return s, true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		c, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", false
		}
		b.WriteByte(byte(c))
		i += 2
	}
	return b.String(), true
}
