package view

import (
	"bytes"
	stdsha256 "crypto/sha256"
	"testing"
)

// Every way to cut and pad gives what the standard library gives.
func TestSHA256(t *testing.T) {
	var text []byte
	h := newSHA256()
	for n := range 300 {
		want := stdsha256.Sum256(text)
		whole := newSHA256()
		_, _ = whole.Write(text)
		if got := whole.Sum(nil); !bytes.Equal(got, want[:]) {
			t.Fatalf("of %d bytes: %x, want %x", n, got, want)
		}
		if got := h.Sum([]byte("x")); !bytes.Equal(got[1:], want[:]) || got[0] != 'x' {
			t.Fatalf("of %d bytes written one by one: %x, want %x", n, got, want)
		}
		text = append(text, byte(n*7))
		_, _ = h.Write(text[n:])
	}
	h.Reset()
	if got, want := h.Sum(nil), stdsha256.Sum256(nil); !bytes.Equal(got, want[:]) {
		t.Errorf("reset: %x, want %x", got, want)
	}
}
