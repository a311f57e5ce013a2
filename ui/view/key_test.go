package view

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rserpool/registrar/wire"
)

func TestKey(t *testing.T) {
	tests := []struct {
		name   string
		handle wire.PoolHandle
		key    string
		shown  string
	}{
		{"plain", "EchoPool", "EchoPool", "EchoPool"},
		{"dots inside", "stage.EchoPool", "stage.EchoPool", "stage.EchoPool"},
		{"space", "a b", "a%20b", "a b"},
		{"colon", "a:b", "a%3Ab", "a:b"},
		{"query", "a?b#c&d=e", "a%3Fb%23c%26d%3De", "a?b#c&d=e"},
		{"umlaut", "Käse", "K%C3%A4se", "Käse"},
		{"markup", "<b>", "%3Cb%3E", "<b>"},
		{"slash", "a/b", "b64.YS9i", "a/b"},
		{"backslash", `a\b`, "b64.YVxi", `a\b`},
		{"percent", "50%", "b64.NTAl", "50%"},
		{"one dot", ".", "b64.Lg", "."},
		{"two dots", "..", "b64.Li4", ".."},
		{"looks like a key", "b64.YS9i", "b64.YjY0LllTOWk", "b64.YS9i"},
		{"NUL", "a\x00", "b64.YQA", "0x6100"},
		{"no UTF-8", "\xff\xfe", "b64.__4", "0xfffe"},
		{"blank at the end", "a ", "b64.YSA", "0x6120"},
		{"right to left override", "a\u202eb", "b64.YeKArmI", "0x61e280ae62"},
		{"long bytes", wire.PoolHandle(strings.Repeat("\x01", 20)), "b64.AQEBAQEBAQEBAQEBAQEBAQEBAQE", "0x" + strings.Repeat("01", 16) + "…"},
		{"empty", "", "b64.", "0x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Key(tt.handle); got != tt.key {
				t.Errorf("Key is %q, want %q", got, tt.key)
			}
			if got := Handle(tt.handle); got != tt.shown {
				t.Errorf("Handle is %q, want %q", got, tt.shown)
			}
		})
	}
}

func TestKeyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := wire.PoolHandle(rapid.OneOf(
			rapid.String(),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.StringMatching(`[b64./%\\]*`),
		).Draw(t, "handle"))
		key := Key(h)
		if strings.ContainsAny(key, "/?#&\\ ") || key == "." || key == ".." {
			t.Fatalf("key %q is no single path segment", key)
		}
		plain, err := url.PathUnescape(key)
		if err != nil {
			t.Fatal(err)
		}
		if mine, ok := unescape(key); !ok || mine != plain {
			t.Fatalf("unescape gives %q, %v; net/url %q", mine, ok, plain)
		}
		if got, err := ParseKey(plain); err != nil || got != h {
			t.Fatalf("ParseKey(%q) is %q, %v; want %q", plain, got, err, h)
		}
	})
}

func TestParseKeyRefuses(t *testing.T) {
	for _, key := range []string{"b64.!", "b64.YQ A", "b64.Y"} {
		if h, err := ParseKey(key); err == nil {
			t.Errorf("ParseKey(%q) is %q, want an error", key, h)
		}
	}
	if h, err := ParseKey("b64.YQ=="); err != nil || h != "a" {
		t.Errorf("with padding: %q, %v; want a", h, err)
	}
}

func FuzzRoute(f *testing.F) {
	for _, s := range []string{"", "pools", "pools/EchoPool?q=a&sort=-up&rows=400", "pools/b64.AP8", "pools/%", "peers?x=%zz", "pools/a/b", "?f=1", "?m=1", "inspector?f=1", "inspector?m=3&f=1", "inspector?m=3&f=1&m=0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		path, raw, _ := strings.Cut(s, "?")
		q, ok := Route(path, raw)
		if !ok {
			return
		}
		path, raw, _ = strings.Cut(q.Path(), "?")
		again, ok := Route(path, raw)
		if q.Rows <= WindowRows {
			q.Rows = 0 // the least there is
		}
		if !ok || !reflect.DeepEqual(again, q) {
			t.Fatalf("Route(%q) is %+v, but its Path %q gives %+v, %v", s, q, q.Path(), again, ok)
		}
	})
}
