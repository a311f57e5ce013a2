package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/wire"
)

// What Add writes, Load reads, and what stood there before stays as it was.
func TestAdd(t *testing.T) {
	dir := t.TempDir()
	a, _, _ := issue(t, filepath.Join(dir, "keys", "ca"), Leaf{Name: "pe:1", Life: time.Hour})
	path := filepath.Join(dir, "scope.toml")
	key := NewKey()
	list := []struct {
		registrar.Credential
		key Key
		ca  string
	}{
		{registrar.Credential{Role: registrar.RoleRegistrar, Name: "registrar:a", Server: 10}, key, ""},
		{registrar.Credential{Role: registrar.RoleElement, Name: "pe:1", AnyPool: true}, nil, a.File},
		{registrar.Credential{
			Role: registrar.RoleElement, Name: `pe:"quoted\"`,
			Pools: []wire.PoolHandle{"Echo \"Pool\"", "*", "b64.x", "\xff\x00"}, Elements: []wire.PEIdentifier{1, 1 << 31},
		}, NewKey(), ""},
		{registrar.Credential{Role: registrar.RoleUser, Name: "pu:1"}, nil, a.File},
	}
	const comment = "# by hand, without an end of line"
	for i, c := range list {
		if err := Add(path, c.Credential, c.key, c.ca); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			appendText(t, path, comment)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), comment+"\n") != 1 || strings.Count(string(text), "ca_file = \"keys/ca/ca.pem\"\n") != 1 {
		t.Errorf("%v:\n%s", err, text)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	table, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range list {
		got, _ := table.Credential(want.Name)
		if diff := cmp.Diff(want.Credential, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Name, diff)
		}
		if k, ok := table.Key(want.Name); ok != (want.key != nil) || k.Hex() != want.key.Hex() {
			t.Errorf("%s: the key has changed", want.Name)
		}
	}
}

func appendText(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// What would spoil the table is refused, and the file stays as it is.
func TestAddErrors(t *testing.T) {
	element := registrar.Credential{Role: registrar.RoleElement, Name: "pe:1", AnyPool: true}
	for _, tc := range []struct {
		name, before string
		add          registrar.Credential
		want         string
	}{
		{"name twice", "[[identity]]\nname = \"pe:1\"\nrole = \"pu\"\n", element, "there is an identity of this name above"},
		{
			"id twice", "[[identity]]\nname = \"x\"\nrole = \"registrar\"\nid = 1\n",
			registrar.Credential{Role: registrar.RoleRegistrar, Name: "y", Server: 1},
			"id 0x00000001 is that of x above",
		},
		{"registrar without id", "", registrar.Credential{Role: registrar.RoleRegistrar, Name: "y"}, "want id"},
		{"broken table", "[[identity]]\nname = 1\n", element, "identity 1: name: want a text"},
		{"identities in one line", "identity = []\n", element, "with pe:1 added it would be wrong"},
	} {
		dir := t.TempDir()
		path := file(t, dir, "scope.toml", tc.before, 0o600)
		if err := Add(path, tc.add, nil, ""); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
		after, _ := os.ReadFile(path)
		if files, _ := os.ReadDir(dir); string(after) != tc.before || len(files) != 1 {
			t.Errorf("%s: %d files, and the table is\n%s", tc.name, len(files), after)
		}
	}
}

// A table that is a symbolic link is replaced where it is.
func TestAddBehindLink(t *testing.T) {
	dir := t.TempDir()
	target := file(t, dir, "real.toml", "", 0o644)
	link := filepath.Join(dir, "scope.toml")
	if err := os.Symlink(target, link); err != nil {
		t.Skipf("this system makes no links: %v", err)
	}
	if err := Add(link, registrar.Credential{Role: registrar.RoleUser, Name: "pu:1"}, NewKey(), ""); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); err != nil || to != target {
		t.Errorf("the link is %q, %v", to, err)
	}
	if _, err := Load(target); err != nil { // with mode 0600 now
		t.Error(err)
	}
}
