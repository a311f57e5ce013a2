package auth

import (
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An element knows the keys of its users; whoever else calls is a registrar, and has
// that of the element.
func TestUsersFile(t *testing.T) {
	dir := t.TempDir()
	key := file(t, dir, "pe.key", keyA+"\n", 0o600)
	table := file(t, dir, "users.toml", `[[identity]]
name = "pu:1"
role = "pu"
key = "`+keyB+`"
[[identity]]
name = "pe:2"
role = "pe"
pools = ["*"]
key = "`+keyB+`"
[[identity]]
name = "pu:certificate"
role = "pu"
`, 0o600)
	c, err := Own{Identity: "pe:1", KeyFile: key, UsersFile: table}.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"pu:1": keyB, "registrar:1": keyA, "pe:2": keyA, "": keyA} {
		if got, known := c.KeyOf(name); !known || hex.EncodeToString(got) != want {
			t.Errorf("key of %q: known %t, and not the one of the file", name, known)
		}
	}
	if _, known := c.KeyOf("pu:certificate"); known {
		t.Error("a user without a key has one")
	}
	if _, err := (Own{Identity: "pe:1", KeyFile: key, UsersFile: filepath.Join(dir, "nowhere")}).Load(); err == nil {
		t.Error("no users file, and no error")
	}
	a, _, certificate := issue(t, dir, Leaf{Name: "pe:1", Life: time.Hour})
	if _, err := (Own{KeyFile: certificate, CA: a.File, UsersFile: table}).Load(); err == nil || !strings.Contains(err.Error(), "leave it out") {
		t.Errorf("a certificate and keys of users: %v", err)
	}
}

func TestOwn(t *testing.T) {
	dir := t.TempDir()
	a, _, certificate := issue(t, dir, Leaf{Name: "pe:1", Life: time.Hour})
	key := file(t, dir, "pe.key", keyA+"\n", 0o600)
	for _, tc := range []struct {
		name            string
		own             Own
		identity        string
		key             string
		certificate, ca bool
		want            string // in the error
	}{
		{name: "nothing"},
		{name: "authorities alone", own: Own{CA: a.File, Names: []string{"a.example.com"}}, ca: true},
		{name: "key", own: Own{Identity: "pe:1", KeyFile: key}, identity: "pe:1", key: keyA},
		{name: "key and authorities", own: Own{Identity: "pe:1", KeyFile: key, CA: a.File}, identity: "pe:1", key: keyA, ca: true},
		{name: "certificate", own: Own{KeyFile: certificate, CA: a.File}, identity: "pe:1", certificate: true, ca: true},
		{name: "certificate and its name", own: Own{Identity: "pe:1", KeyFile: certificate, CA: a.File}, identity: "pe:1", certificate: true, ca: true},
		{name: "certificate of another", own: Own{Identity: "pe:2", KeyFile: certificate, CA: a.File}, want: `want a certificate of identity "pe:2", it is of "pe:1"`},
		{name: "certificate without authorities", own: Own{KeyFile: certificate}, want: "want the file with the authorities"},
		{name: "key without identity", own: Own{KeyFile: key}, want: "want the identity that this key proves"},
		{name: "identity without key", own: Own{Identity: "pe:1"}, want: `identity "pe:1": want the file with its key`},
		{name: "identity that is none", own: Own{Identity: "pe 1", KeyFile: key}, want: "identity: want letters"},
		{name: "no file", own: Own{Identity: "pe:1", KeyFile: filepath.Join(dir, "nowhere")}, want: "no such file"},
		{name: "key for all", own: Own{Identity: "pe:1", KeyFile: file(t, dir, "open.key", keyA, 0o644)}, want: "run chmod 600"},
		{name: "short key", own: Own{Identity: "pe:1", KeyFile: file(t, dir, "short.key", keyA[:8]+"\n"+keyA, 0o600)}, want: "short.key: first line: want a key of at least 16 bytes, have 4"},
		{name: "no authorities", own: Own{CA: key}, want: "found none"},
	} {
		c, err := tc.own.Load()
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want error %q", tc.name, err, tc.want)
			continue
		}
		if c.Identity != tc.identity || hex.EncodeToString(c.Key) != tc.key || (c.Certificate != nil) != tc.certificate || (c.Roots != nil) != tc.ca {
			t.Errorf("%s: identity %q, %d bytes of key, certificate %t, authorities %t", tc.name, c.Identity, len(c.Key), c.Certificate != nil, c.Roots != nil)
		}
		if err == nil && len(c.Names) != len(tc.own.Names) {
			t.Errorf("%s: names %q", tc.name, c.Names)
		}
	}
}
