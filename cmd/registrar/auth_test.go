package main

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rserpool/registrar/auth"
	"rserpool/registrar/transport/identity"
)

// inDir runs the test in a directory of its own, where commands leave files.
func inDir(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
}

// made runs a command that must succeed, and gives what it printed.
func made(t *testing.T, args ...string) result {
	t.Helper()
	got := command(t, args...)
	if got.code != exitOK {
		t.Fatalf("%v: exit code %d, %s", args, got.code, got.stderr)
	}
	return got
}

// private checks that nobody else can read a file.
func private(t *testing.T, files ...string) {
	t.Helper()
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v, want mode 0600", file, info, err)
		}
	}
}

// SEC-04, SEC-05: a scope with pre-shared keys, from nothing.
func TestNewKey(t *testing.T) {
	inDir(t)
	serve := made(t, "auth", "new-key", "registrar:0x0000000a", "--role", "registrar", "--id", "10", "--auth-file", "scope.toml")
	element := made(t, "auth", "new-key", "pe:echo1", "--role", "pe", "--pool", "EchoPool", "--pool", "b64.AAH_", "--element", "7", "--auth-file", "scope.toml")
	user := made(t, "auth", "new-key", "pu:1", "--role", "pu", "--out", "user", "--auth-file", "scope.toml", "-o", "json", "-q")
	private(t, "scope.toml", "pe-echo1.key", "user")
	table, err := auth.Load("scope.toml")
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"pe:echo1": "pe-echo1.key", "pu:1": "user"} {
		own, err := auth.Own{Identity: name, KeyFile: file}.Load()
		if key, _ := table.Key(name); err != nil || len(key) != 32 || hex.EncodeToString(own.Key) != key.Hex() {
			t.Errorf("%s: its file and the table do not agree: %v", name, err)
		}
	}
	if c, _ := table.Credential("pe:echo1"); len(c.Pools) != 2 || c.Pools[1] != "\x00\x01\xff" || len(c.Elements) != 1 || c.Elements[0] != 7 {
		t.Errorf("the element may be %+v", c)
	}
	if _, err := table.RegistrarCredentials(10, nil); err != nil {
		t.Error(err)
	}
	for _, step := range []struct{ stderr, want string }{
		{serve.stderr, "next: registrar serve --id 0x0000000a --transport dtls --auth-file scope.toml\n"},
		{element.stderr, "registrar element echo --pool EchoPool --transport dtls --identity pe:echo1 --key-file pe-echo1.key\n"},
	} {
		if !strings.Contains(step.stderr, step.want) {
			t.Errorf("next is %q, want %q", step.stderr, step.want)
		}
	}
	var j map[string]any
	if err := json.Unmarshal([]byte(user.stdout), &j); err != nil || j["name"] != "pu:1" || j["role"] != "pu" || j["key_file"] != "user" || j["auth_file"] != "scope.toml" || user.stderr != "" {
		t.Errorf("%v: %s%s", err, user.stdout, user.stderr)
	}
	for _, name := range []string{"registrar:0x0000000a", "pe:echo1", "pu:1"} {
		key, _ := table.Key(name)
		for _, out := range []result{serve, element, user} {
			if strings.Contains(out.stdout+out.stderr, key.Hex()) {
				t.Errorf("the key of %s is printed", name)
			}
		}
	}
}

// SEC-08: certificates of a scope, from nothing.
func TestNewCert(t *testing.T) {
	inDir(t)
	serve := made(t, "auth", "new-cert", "registrar:0x0000000a", "--role", "registrar", "--id", "0x0a", "--dns", "registrar-a.example.com",
		"--ip", "192.0.2.1", "--ca", "ca", "--days", "2", "--auth-file", "scope.toml")
	user := made(t, "auth", "new-cert", "pu:1", "--role", "pu", "--ca", "ca/ca.pem", "--out", "user.pem", "-o", "json")
	element := made(t, "auth", "new-cert", "pe:1", "--role", "pe", "--pool", "*", "--ca", "ca", "--auth-file", "scope.toml")
	private(t, "scope.toml", "registrar-0x0000000a.pem", "pe-1.pem", "user.pem", "ca/ca.key")
	table, err := auth.Load("scope.toml")
	if err != nil {
		t.Fatal(err)
	}
	own, err := auth.LoadCertificate("registrar-0x0000000a.pem", "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := table.RegistrarCredentials(10, own)
	if err != nil || c.Certificate == nil || c.Roots == nil {
		t.Fatalf("certificate %t, roots %t, %v", c.Certificate != nil, c.Roots != nil, err)
	}
	for _, name := range []string{"registrar:0x0000000a", "registrar-a.example.com", "192.0.2.1"} {
		if err := identity.Matches(own.Leaf, name); err != nil {
			t.Error(err)
		}
	}
	if got := own.Leaf.NotAfter.Sub(own.Leaf.NotBefore).Hours(); got < 48 || got > 50 {
		t.Errorf("it lasts %.1f h, want two days", got)
	}
	e, err := auth.Own{KeyFile: "pe-1.pem", CA: "ca/ca.pem"}.Load()
	if err != nil || e.Identity != "pe:1" || e.Certificate == nil {
		t.Errorf("the element is %q, %v", e.Identity, err)
	}
	if c, known := table.Credential("pe:1"); !known || !c.AnyPool {
		t.Errorf("the element may be %+v", c)
	}
	if _, known := table.Credential("pu:1"); known {
		t.Error("the user is in a table that was not named")
	}
	var j newCertJSON
	if err := json.Unmarshal([]byte(user.stdout), &j); err != nil || j.Name != "pu:1" || j.CertificateFile != "user.pem" || j.CAMade || j.CAFile != "ca/ca.pem" ||
		!strings.HasSuffix(j.ExpiresAt, ".000Z") {
		t.Errorf("%v: %s", err, user.stdout)
	}
	for _, step := range []struct{ stderr, want string }{
		{serve.stderr, "registrar serve --id 0x0000000a --asap-tls :3864 --tls-cert registrar-0x0000000a.pem --transport dtls --auth-file scope.toml\n"},
		{element.stderr, "--transport dtls --key-file pe-1.pem --tls-ca ca/ca.pem\n"},
	} {
		if !strings.Contains(step.stderr, step.want) {
			t.Errorf("next is %q, want %q", step.stderr, step.want)
		}
	}
}

// What is wrong is said in a line, and leaves no files behind.
func TestAuthErrors(t *testing.T) {
	inDir(t)
	made(t, "auth", "new-key", "pu:1", "--role", "pu", "--auth-file", "scope.toml")
	made(t, "auth", "new-cert", "pu:2", "--role", "pu", "--ca", "ca")
	if err := os.WriteFile("broken.toml", []byte("[[identity]]\nnome = \"x\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, args string
		code       int
		want       string
	}{
		{"no subcommand of auth", "auth new-kye", exitUsage, "did you mean new-key?"},
		{"no name", "auth new-key --role pu --auth-file scope.toml", exitUsage, "accepts 1 arg(s), received 0"},
		{"no role", "auth new-key pu:3 --auth-file scope.toml", exitUsage, `"role" not set`},
		{"no table", "auth new-key pu:3 --role pu", exitUsage, `"auth-file" not set`},
		{"no authority", "auth new-cert pu:3 --role pu", exitUsage, `"ca" not set`},
		{"unknown role", "auth new-key pu:3 --role user --auth-file scope.toml", exitUsage, "want one of registrar, pe, pu"},
		{"no identity", "auth new-key pü --role pu --auth-file scope.toml", exitUsage, "NAME: want letters"},
		{"registrar without id", "auth new-key r --role registrar --auth-file scope.toml", exitUsage, "--role registrar: want --id"},
		{"registrar with id 0", "auth new-key r --role registrar --id 0 --auth-file scope.toml", exitUsage, "--id: 0 is nobody's ID"},
		{"registrar with a key file", "auth new-key r --role registrar --id 1 --out x --auth-file scope.toml", exitUsage, "--out is not for registrars"},
		{"registrar with a pool", "auth new-key r --role registrar --id 1 --pool P --auth-file scope.toml", exitUsage, "--pool and --element are for pool elements"},
		{"user with id", "auth new-key pu:3 --role pu --id 1 --auth-file scope.toml", exitUsage, "--id is for registrars"},
		{"element without pool", "auth new-key pe:1 --role pe --auth-file scope.toml", exitUsage, "--role pe: want --pool"},
		{"element with a broken pool", "auth new-key pe:1 --role pe --pool b64.! --auth-file scope.toml", exitUsage, "--pool: pool handle"},
		{"element 0", "auth new-key pe:1 --role pe --pool P --element 0 --auth-file scope.toml", exitUsage, "--element: 0 is nobody's identifier"},
		{"name twice", "auth new-key pu:1 --role pu --out x --auth-file scope.toml", exitFailure, "there is an identity of this name above"},
		{"key file twice", "auth new-key pu:1 --role pu --auth-file scope.toml", exitFailure, "pu-1.key exists; it is not overwritten"},
		{"broken table", "auth new-key pu:3 --role pu --auth-file broken.toml", exitFailure, `broken.toml: identity 1: line 2: unknown key "nome"`},
		{"table in no directory", "auth new-key pu:3 --role pu --auth-file nowhere/scope.toml", exitFailure, "--auth-file: open nowhere/"},
		{"certificate twice", "auth new-cert pu:2 --role pu --ca ca", exitFailure, "pu-2.pem exists"},
		{"certificate of a name twice", "auth new-cert pu:1 --role pu --ca ca --auth-file scope.toml", exitFailure, "there is an identity of this name above"},
		{"certificate of no name", "auth new-cert a/b --role pu --ca ca", exitUsage, "want a URI such as pe:echo1"},
		{"no DNS name", "auth new-cert pu:3 --role pu --ca ca --dns a..b", exitUsage, `DNS name "a..b"`},
		{"no address", "auth new-cert pu:3 --role pu --ca ca --ip localhost", exitUsage, "--ip localhost: want an IP address"},
		{"no days", "auth new-cert pu:3 --role pu --ca ca --days 0", exitUsage, "--days 0: want 1 to 3650"},
		{"authority without a key", "auth new-cert pu:3 --role pu --ca pu-2.pem", exitFailure, "--ca: authority: open pu-2.key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := command(t, strings.Fields(tc.args)...)
			if got.code != tc.code || !strings.Contains(got.stderr, tc.want) || strings.Count(got.stderr, "\n") != 1 || got.stdout != "" {
				t.Errorf("exit code %d, %q, want %d, one line with %q", got.code, got.stderr, tc.code, tc.want)
			}
			if after, _ := filepath.Glob("*"); len(after) != len(files) {
				t.Errorf("files are %q, want %q", after, files)
			}
		})
	}
}
