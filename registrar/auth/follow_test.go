package auth

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"rserpool/registrar/transport"
)

const scopeOfTwo = `
[[identity]]
name = "pe:1"
role = "pe"
pools = ["EchoPool"]
key = "` + keyA + `"
[[identity]]
name = "pu:1"
role = "pu"
key = "` + keyB + `"
`

// SEC-04: a proof counts for as long as the entry is that under which it was given.
func TestFollow(t *testing.T) {
	old, err := table(t, scopeOfTwo)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := OpenAuthority(dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	file(t, dir, "other.pem", string(ca), 0o644)
	element := func(pools, key string) string {
		return "[[identity]]\nname = \"pe:1\"\nrole = \"pe\"\npools = " + pools + "\nkey = \"" + key + "\"\n"
	}
	for _, tt := range []struct {
		name, text string
		same       bool
		// before: what pe:1 has proven under the old table counts; after: under the new.
		before, after bool
	}{
		{"unchanged", scopeOfTwo, true, true, true},
		{"somebody else is gone", element(`["EchoPool"]`, keyA), false, true, true},
		{"another key", element(`["EchoPool"]`, keyB), false, false, true},
		{"more pools", element(`["EchoPool", "Web"]`, keyA), false, false, true},
		{"another role", "[[identity]]\nname = \"pe:1\"\nrole = \"pu\"\nkey = \"" + keyA + "\"\n", false, false, true},
		{"gone", "[[identity]]\nname = \"pe:2\"\nrole = \"pu\"\nkey = \"" + keyA + "\"\n", false, false, false},
		{"another authority", "ca_file = \"" + filepath.Join(dir, "other.pem") + "\"\n" + element(`["EchoPool"]`, keyA), false, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fresh, err := table(t, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := fresh.Same(old); got != tt.same {
				t.Errorf("the same as before: %t, want %t", got, tt.same)
			}
			fresh.Follow(old)
			for generation, want := range []bool{tt.before, tt.after} {
				p := transport.Peer{Secured: true, Identity: "pe:1", Generation: uint64(generation)}
				if c, ok := fresh.CredentialOf(p); ok != want || ok && c.Name != "pe:1" {
					t.Errorf("proven in generation %d: %v, %t, want %t", generation, c, ok, want)
				}
			}
			again, err := table(t, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			again.Follow(fresh) // nothing has changed since: the proof still counts
			if _, ok := again.CredentialOf(transport.Peer{Identity: "pe:1", Generation: 1}); ok != tt.after {
				t.Errorf("proven in generation 1, after another one: %t, want %t", ok, tt.after)
			}
			if g := again.UserCredentials(nil).Generation; g != 2 {
				t.Errorf("generation %d, want 2", g)
			}
		})
	}
}
