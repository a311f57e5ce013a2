package auth

import (
	"crypto/tls"
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/wire"
)

const scope = `
[[identity]]
name = "registrar:a"
role = "registrar"
id = 10
key = "` + keyA + `"
[[identity]]
name = "registrar:b"
role = "registrar"
id = 11
key = "` + keyB + `"
[[identity]]
name = "registrar:c"
role = "registrar"
id = 12
[[identity]]
name = "pe:1"
role = "pe"
pools = ["P"]
key = "0123456789abcdef0123456789abcdef"
[[identity]]
name = "pe:2"
role = "pe"
pools = ["P"]
`

// SEC-04, SEC-05: which key proves whom, and which is used to call whom.
func TestRegistrarCredentials(t *testing.T) {
	table, err := table(t, scope)
	if err != nil {
		t.Fatal(err)
	}
	c, err := table.RegistrarCredentials(10, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Identity != "registrar:a" || hex.EncodeToString(c.Key) != keyA || c.Certificate != nil {
		t.Errorf("it proves %q with %d bytes", c.Identity, len(c.Key))
	}
	const keyOf1 = "0123456789abcdef0123456789abcdef"
	for _, tc := range []struct {
		name, keyOf, keyFor string // "" for none
		known               bool
	}{
		{"registrar:a", keyA, keyA, true},
		{"registrar:b", keyB, keyA, true},
		{"registrar:c", "", keyA, true},
		{"pe:1", keyOf1, keyOf1, true},
		{"pe:2", "", "", true},
		{"pe:3", "", "", false},
		{"", "", keyA, false},
	} {
		if k, ok := c.KeyOf(tc.name); ok != (tc.keyOf != "") || hex.EncodeToString(k) != tc.keyOf {
			t.Errorf("%q: proven by %x, %t, want %s", tc.name, k, ok, tc.keyOf)
		}
		if k, ok := c.KeyFor(tc.name); ok != (tc.keyFor != "") || hex.EncodeToString(k) != tc.keyFor {
			t.Errorf("%q: called with %x, %t, want %s", tc.name, k, ok, tc.keyFor)
		}
		if got := c.Knows(tc.name); got != tc.known {
			t.Errorf("%q: known %t, want %t", tc.name, got, tc.known)
		}
	}
}

func TestRegistrarCertificates(t *testing.T) {
	dir := t.TempDir()
	a, ofA, _ := issue(t, filepath.Join(dir, "ca"), Leaf{Name: "registrar:a", Life: time.Hour})
	_, ofC, _ := issue(t, a.File, Leaf{Name: "registrar:c", DNS: []string{"a.example.com"}, Life: time.Hour})
	with, err := Load(file(t, dir, "scope.toml", "ca_file = \"ca/ca.pem\"\n"+scope, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	without, err := table(t, scope)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name        string
		table       *Table
		id          wire.ServerID
		certificate *tls.Certificate
		used        bool
		want        string // in the error
	}{
		{"key and certificate", with, 10, ofA, true, ""},
		{"another's certificate beside a key", with, 10, ofC, false, ""},
		{"certificate alone", with, 12, ofC, true, ""},
		{"another's certificate alone", with, 12, ofA, false, `identity "registrar:c": the certificate carries another name, "registrar:a"; make one with registrar auth new-cert registrar:c`},
		{"nothing", with, 12, nil, false, "neither a pre-shared key nor a certificate proves this name"},
		{"certificate without authorities", without, 12, ofC, false, "want ca_file in the table"},
		{"certificate without authorities beside a key", without, 10, ofA, false, ""},
		{"not in the table", with, 99, ofA, false, "no identity with role registrar and id 0x00000063; add it with registrar auth new-key registrar:0x00000063 " +
			"--role registrar --id 0x00000063 --auth-file " + with.file + ", or start with the --id of one that is there: 0x0000000a, 0x0000000b, 0x0000000c"},
	} {
		c, err := tc.table.RegistrarCredentials(tc.id, tc.certificate)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want error %q", tc.name, err, tc.want)
		}
		if (c.Certificate != nil) != tc.used {
			t.Errorf("%s: certificate used %t, want %t", tc.name, c.Certificate != nil, tc.used)
		}
	}
	u := with.UserCredentials(ofC)
	if u.Certificate != ofC || u.Roots == nil || u.Key != nil || u.Knows("pe:3") || !u.Knows("pe:2") {
		t.Errorf("for users: %v", u.Certificate != nil)
	}
}
