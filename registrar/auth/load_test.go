package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/wire"
)

const (
	keyA = "00112233445566778899aabbccddeeff"
	keyB = "ffeeddccbbaa99887766554433221100"
)

// file writes text to a file of the test with this mode.
func file(t *testing.T, dir, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// table writes a table and loads it.
func table(t *testing.T, text string) (*Table, error) {
	t.Helper()
	return Load(file(t, t.TempDir(), "scope.toml", text, 0o600))
}

// SEC-04, SEC-05: roles, IDs and pools come from the table, by proven names.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	file(t, dir, "echo1.key", keyB+"\nsecond line\n", 0o600)
	path := file(t, dir, "scope.toml", `
[[identity]]
name = "registrar:0x0000000a"
role = "registrar"
id = "0x0a"
key = "`+keyA+`"
[[identity]]
name = "registrar-b.example.com"
role = "registrar"
id = 0x0b
[[identity]]
name = "pe:echo1"
role = "pe"
pools = ["EchoPool", "b64.AAH_"]
elements = ["0x5ee4a0c1", "7", 8]
key_file = "echo1.key"
[[identity]]
name = "pe:any"
role = "pe"
pools = ["*"]
[[identity]]
name = "pu:1"
role = "pu"
key = "`+keyB+`"
`, 0o600)
	table, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		want registrar.Credential
		key  string
	}{
		{registrar.Credential{Role: registrar.RoleRegistrar, Name: "registrar:0x0000000a", Server: 0xa}, keyA},
		{registrar.Credential{Role: registrar.RoleRegistrar, Name: "registrar-b.example.com", Server: 0xb}, ""},
		{registrar.Credential{
			Role: registrar.RoleElement, Name: "pe:echo1",
			Pools: []wire.PoolHandle{"EchoPool", "\x00\x01\xff"}, Elements: []wire.PEIdentifier{0x5ee4a0c1, 7, 8},
		}, keyB},
		{registrar.Credential{Role: registrar.RoleElement, Name: "pe:any", AnyPool: true}, ""},
		{registrar.Credential{Role: registrar.RoleUser, Name: "pu:1"}, keyB},
	} {
		got, ok := table.Credential(tc.want.Name)
		if diff := cmp.Diff(tc.want, got); !ok || diff != "" {
			t.Errorf("%s: known %t (-want +got):\n%s", tc.want.Name, ok, diff)
		}
		if k, ok := table.Key(tc.want.Name); ok != (tc.key != "") || k.Hex() != tc.key {
			t.Errorf("%s: key %q, %t, want %q", tc.want.Name, k.Hex(), ok, tc.key)
		}
		if own, ok := table.Own(tc.want.Server); tc.want.Server != 0 && (!ok || own.Name != tc.want.Name) {
			t.Errorf("own entry of %v: %q, %t", tc.want.Server, own.Name, ok)
		}
	}
	if c, ok := table.Credential("pe:echo2"); ok || !cmp.Equal(c, registrar.Credential{}) {
		t.Errorf("a stranger is %+v", c)
	}
	if _, ok := table.Own(0); ok || table.Len() != 5 {
		t.Errorf("ID 0 is a registrar: %t; %d identities, want 5", ok, table.Len())
	}
}

// Every error names the file and the line or identity, says what is wanted, and
// repeats no key.
func TestLoadErrors(t *testing.T) {
	const good = "[[identity]]\nname = \"pu:0\"\nrole = \"pu\"\n"
	for _, tc := range []struct {
		name, text string
		want       []string
	}{
		{"no TOML", good + "name\n", []string{"line 4: ", "expected '.' or '='"}},
		{"key without quotation marks", good + "key = 0x" + keyA + "\n", []string{"line 4: want key = \"…\""}},
		{"key with an open quotation mark", good + "key = \"" + keyA + "\n", []string{"line 4: want key = \"…\""}},
		{"unknown key on top", "pools = []\n" + good, []string{`line 1: unknown key "pools"; want ca_file and [[identity]]`}},
		{"unknown table", good + "[identities]\n", []string{`line 4: unknown key "identities"`}},
		{
			"unknown key of an identity", good + "[[identity]]\nname = \"x\"\npool = \"EchoPool\"\n",
			[]string{`identity 2 ("x"): line 6: unknown key "pool"; want elements, id, key, key_file, name, pools, role`},
		},
		{"identity is no list", "[identity]\nname = \"x\"\n", []string{"line 1: want tables with [[identity]] above each"}},
		{"ca_file is no text", "ca_file = 1\n", []string{"line 1: ca_file: want the name of a PEM file"}},
		{"ca_file is not there", "ca_file = \"nowhere.pem\"\n", []string{"ca_file: open ", "nowhere.pem"}},
		{"no name", "[[identity]]\nrole = \"pu\"\n", []string{"identity 1: name: want 1 to 128 characters, have 0"}},
		{"name with a space", "[[identity]]\nname = \"p u\"\nrole = \"pu\"\n", []string{`identity 1 ("p u"): name: `, "without spaces"}},
		{"name that is too long", "[[identity]]\nname = \"" + strings.Repeat("x", 129) + "\"\n", []string{"have 129"}},
		{"no role", "[[identity]]\nname = \"x\"\n", []string{`identity 1 ("x"): role: want "registrar", "pe" or "pu", have ""`}},
		{"unknown role", "[[identity]]\nname = \"x\"\nrole = \"user\"\n", []string{`have "user"`}},
		{"role is no text", "[[identity]]\nname = \"x\"\nrole = 1\n", []string{`identity 1 ("x"): role: want "registrar", "pe" or "pu"`}},
		{"registrar without id", "[[identity]]\nname = \"x\"\nrole = \"registrar\"\n", []string{`identity 1 ("x"): want id = `}},
		{"registrar with id 0", "[[identity]]\nname = \"x\"\nrole = \"registrar\"\nid = 0\n", []string{`id: want an ID such as`}},
		{"registrar with an id that is none", "[[identity]]\nname = \"x\"\nrole = \"registrar\"\nid = \"a\"\n", []string{`id: want an ID such as`}},
		{"user with id", good + "id = 1\n", []string{`id is for registrars; want none with role "pu"`}},
		{"element without pools", "[[identity]]\nname = \"x\"\nrole = \"pe\"\n", []string{`want pools = ["…"]`}},
		{"pools is no list", "[[identity]]\nname = \"x\"\nrole = \"pe\"\npools = \"P\"\n", []string{`pools: want a list of pool handles`}},
		{"empty handle", "[[identity]]\nname = \"x\"\nrole = \"pe\"\npools = [\"\"]\n", []string{`pools: want handles of 1 to 1024 bytes, have one of 0`}},
		{"broken handle", "[[identity]]\nname = \"x\"\nrole = \"pe\"\npools = [\"b64.!\"]\n", []string{`pools: "b64.!": want base64url`}},
		{"user with pools", good + "pools = [\"P\"]\n", []string{`pools and elements are for pool elements`}},
		{"element 0", "[[identity]]\nname = \"x\"\nrole = \"pe\"\npools = [\"P\"]\nelements = [0]\n", []string{`elements: want a list of IDs`}},
		{"name twice", good + good, []string{`identity 2 ("pu:0"): there is an identity of this name above`}},
		{
			"id twice", "[[identity]]\nname = \"x\"\nrole = \"registrar\"\nid = 1\n[[identity]]\nname = \"y\"\nrole = \"registrar\"\nid = \"1\"\n",
			[]string{`identity 2 ("y"): id 0x00000001 is that of x above`},
		},
		{"both keys", good + "key = \"" + keyA + "\"\nkey_file = \"x\"\n", []string{"both key and key_file"}},
		{"short key", good + "key = \"" + keyA[2:] + "\"\n", []string{"key: want a key of at least 16 bytes, have 15"}},
		{"key of other signs", good + "key = \"" + keyA + "!\"\n", []string{"key: want a key in hexadecimal digits or base64"}},
		{"key is no text", good + "key = 12345678\n", []string{"key: want a text"}},
		{"key_file is not there", good + "key_file = \"nowhere.key\"\n", []string{"key_file: open ", "nowhere.key"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := table(t, tc.text)
			if err == nil {
				t.Fatal("taken")
			}
			for _, want := range append(tc.want, "scope.toml: ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), keyA[2:]) || strings.Contains(err.Error(), "12345678") {
				t.Errorf("a key shows in %q", err)
			}
		})
	}
}

// Keys that others can read are refused, as ssh does it; what holds none may be
// open to all.
func TestOpenFiles(t *testing.T) {
	const entry = "[[identity]]\nname = \"pu:0\"\nrole = \"pu\"\n"
	for _, tc := range []struct {
		name            string
		text            string
		mode, modeOfKey os.FileMode
		want            string
	}{
		{"keys in the table", entry + "key = \"" + keyA + "\"\n", 0o600, 0o600, ""},
		{"keys in a table for the group", entry + "key = \"" + keyA + "\"\n", 0o640, 0o600, "run chmod 600 "},
		{"keys in a table for all", entry + "key = \"" + keyA + "\"\n", 0o604, 0o600, "run chmod 600 "},
		{"no keys in the table", entry, 0o644, 0o600, ""},
		{"key file", entry + "key_file = \"own.key\"\n", 0o644, 0o400, ""},
		{"key file for all", entry + "key_file = \"own.key\"\n", 0o600, 0o644, "own.key: others can read the secret in it; run chmod 600 "},
	} {
		dir := t.TempDir()
		file(t, dir, "own.key", keyB, tc.modeOfKey)
		_, err := Load(file(t, dir, "scope.toml", tc.text, tc.mode))
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

func TestFileLimit(t *testing.T) {
	path := file(t, t.TempDir(), "big.key", keyA+"\n"+strings.Repeat("x", maxFile-len(keyA)-1), 0o600)
	if _, err := loadKey(path); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if err := os.WriteFile(path, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := loadKey(path); err == nil || !strings.Contains(err.Error(), "want at most 1048576 bytes") {
		t.Errorf("above the limit: %v", err)
	}
}

// FuzzLoad: no text makes Load panic, and what it takes is a table that agrees
// with itself. SEC-28
func FuzzLoad(f *testing.F) {
	f.Add("[[identity]]\nname = \"a\"\nrole = \"registrar\"\nid = 1\nkey = \"" + keyA + "\"\n")
	f.Add("[[identity]]\nname = \"a\"\nrole = \"pe\"\npools = [\"*\", \"b64.AA\"]\nelements = [1, \"0x2\"]\n")
	f.Add("ca_file = 3\n[identity]\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "_file") {
			return // no file but this one
		}
		table, _, err := parse("scope.toml", text)
		if err != nil {
			if strings.Contains(err.Error(), keyA) {
				t.Errorf("the key shows in %q", err)
			}
			return
		}
		for id, name := range table.registrars {
			if c, ok := table.Credential(name); !ok || c.Server != id || c.Role != registrar.RoleRegistrar {
				t.Errorf("registrar %v is %+v", id, c)
			}
		}
		for name, i := range table.holders {
			again, err := newEntry(i.credential, i.key).credential()
			if diff := cmp.Diff(i.credential, again); name != i.credential.Name || err != nil || diff != "" {
				t.Errorf("%q written and read again: %v (-want +got):\n%s", name, err, diff)
			}
		}
	})
}
