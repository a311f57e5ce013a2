package auth

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

const (
	// minKey is the least length of a key: what nobody can guess. Whoever has seen a
	// handshake can try keys against it at leisure (RFC 4279 section 7.2).
	minKey = 16
	// newKey is the length of the keys made here.
	newKey = 32
	// maxKey is as long as makes a key stronger: the block of SHA-256, with margin.
	maxKey = 128

	// hidden is what shows of a key.
	hidden = "[key]"
)

// Key is a pre-shared key of 16 to 128 bytes. It never shows what it is, however it
// is printed; Hex does.
type Key []byte

// NewKey draws a key of 32 bytes.
func NewKey() Key {
	k := make(Key, newKey)
	_, _ = rand.Read(k) // never fails, says its documentation
	return k
}

// ParseKey reads a key in hexadecimal digits or in base64 of either alphabet, with
// or without padding. What could be both is taken for hexadecimal. Its errors do
// not repeat the text.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	k, err := hex.DecodeString(text)
	if err != nil {
		plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
		k, err = base64.RawStdEncoding.DecodeString(plain)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("want a key in hexadecimal digits or base64, have %d characters that are neither", len(text))
	case len(k) < minKey:
		return nil, fmt.Errorf("want a key of at least %d bytes, have %d; make one with registrar auth new-key", minKey, len(k))
	case len(k) > maxKey:
		return nil, fmt.Errorf("want a key of at most %d bytes, have %d", maxKey, len(k))
	}
	return k, nil
}

// Hex gives the key itself, for the file that keeps it.
func (k Key) Hex() string { return hex.EncodeToString(k) }

// String hides the key.
func (k Key) String() string { return hidden }

// Format hides the key from every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue hides the key from logs.
func (k Key) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the key from JSON and its like.
func (k Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }
