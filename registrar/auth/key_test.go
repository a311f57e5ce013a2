package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestParseKey(t *testing.T) {
	secret := []byte("\xfb\xff0123456789abcdefghijklmn") // both signs in which the alphabets differ
	for _, tc := range []struct {
		name, text string
		want       []byte
		err        string
	}{
		{"hexadecimal", fmt.Sprintf("%x", secret), secret, ""},
		{"hexadecimal in capitals", fmt.Sprintf("%X", secret), secret, ""},
		{"base64", base64.StdEncoding.EncodeToString(secret), secret, ""},
		{"base64 without padding", base64.RawStdEncoding.EncodeToString(secret), secret, ""},
		{"base64 for URLs", base64.URLEncoding.EncodeToString(secret), secret, ""},
		{"spaces around it", " " + fmt.Sprintf("%x", secret) + "\r\n", secret, ""},
		{"the shortest", strings.Repeat("ab", minKey), bytes.Repeat([]byte{0xab}, minKey), ""},
		{"shorter", strings.Repeat("ab", minKey-1), nil, "at least 16 bytes, have 15; make one with registrar auth new-key"},
		{"the longest", strings.Repeat("ab", maxKey), bytes.Repeat([]byte{0xab}, maxKey), ""},
		{"longer", strings.Repeat("ab", maxKey+1), nil, "at most 128 bytes, have 129"},
		{"empty", "", nil, "at least 16 bytes, have 0"},
		{"neither", "correct horse battery staple", nil, "have 28 characters that are neither"},
	} {
		k, err := ParseKey(tc.text)
		if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) || !bytes.Equal(k, tc.want) {
			t.Errorf("%s: have %d bytes, %v, want %d, error %q", tc.name, len(k), err, len(tc.want), tc.err)
		}
		if err != nil && tc.text != "" && strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: the error repeats the key: %v", tc.name, err)
		}
	}
}

func TestNewKeysDiffer(t *testing.T) {
	a, b := NewKey(), NewKey()
	if len(a) != newKey || bytes.Equal(a, b) {
		t.Errorf("keys of %d and %d bytes, equal %t", len(a), len(b), bytes.Equal(a, b))
	}
	if back, err := ParseKey(a.Hex()); err != nil || !bytes.Equal(back, a) {
		t.Errorf("a key does not survive being written: %v", err)
	}
}

// However a key or what holds it is printed, nothing of it shows.
func TestKeyIsHidden(t *testing.T) {
	k := Key("0123456789abcdef")
	table := &Table{file: "scope.toml", holders: map[string]holder{"pe:1": {key: k}}}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%02X"} {
		fmt.Fprintf(&out, verb+verb+verb+"\n", k, []Key{k}, table)
	}
	fmt.Fprintln(&out, k, k.String())
	if err := json.NewEncoder(&out).Encode(map[string]any{"key": k}); err != nil {
		t.Fatal(err)
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("test", slog.Any("key", k), slog.Any("keys", []Key{k}), slog.Any("table", table))
	}
	for _, form := range []string{"0123456789abcdef", k.Hex(), strings.ToUpper(k.Hex()), "48 49 50", "0x30", base64.StdEncoding.EncodeToString(k)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("%q shows in:\n%s", form, &out)
		}
	}
}
