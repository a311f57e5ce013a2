package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var testDate = time.Unix(1_700_000_000, 0).UTC()

// moduleRoot is where go test runs this package's tests from.
const moduleRoot = "../../.."

// buildOnce makes a release of the registrar for Linux: that is the one thing here
// that takes long.
var buildOnce = sync.OnceValues(func() (release, error) {
	r := release{version: "v1.2.3", maintainer: noMaintainer, date: testDate}
	err := r.build([]platform{{"linux", runtime.GOARCH}})
	return r, err
})

func built(t *testing.T) release {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds the registrar")
	}
	t.Chdir(moduleRoot)
	r, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// light is r with a program of a few bytes, which is packed faster.
func light(r release) release {
	r.programs = slices.Clone(r.programs)
	r.programs[0].data = []byte("program")
	return r
}

// tool skips a test where the program name is not there; .ci/run installs it.
func tool(t *testing.T, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		t.Fatalf("%s is missing: apt-get install %s", name, pkg)
	default:
		t.Skipf("%s is missing: apt-get install %s", name, pkg)
	}
	return ""
}

// files are those of a release, by name.
func files(t *testing.T, r release) map[string][]byte {
	t.Helper()
	all, err := r.files()
	if err != nil {
		t.Fatal(err)
	}
	byName := make(map[string][]byte)
	for _, f := range all {
		byName[f.name] = f.data
	}
	return byName
}

// unpacked is what a tar has, by name.
func unpacked(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "root" || !h.ModTime.Equal(testDate) {
			t.Errorf("%s: owner %d:%d, time %v; want root's, at the release's time", h.Name, h.Uid, h.Gid, h.ModTime)
		}
		if all[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func unzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if r.Name != "" || !r.ModTime.IsZero() {
		t.Errorf("gzip has name %q and time %v in its header, want none", r.Name, r.ModTime)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestReleaseIsReproducible(t *testing.T) {
	r := built(t)
	again := release{version: r.version, maintainer: r.maintainer, date: r.date}
	t.Setenv("SOURCE_DATE_EPOCH", "1") // only the release's own time counts
	if err := again.build([]platform{r.programs[0].platform}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(r.programs[0].data, again.programs[0].data) {
		t.Error("the program is another one the second time")
	}
	first, second := files(t, light(r)), files(t, light(again))
	if len(first) != 4 || len(second) != 4 {
		t.Fatalf("%d files, then %d; want archive, bill, package and image", len(first), len(second))
	}
	for name, data := range first {
		if !bytes.Equal(data, second[name]) {
			t.Errorf("%s is another one the second time", name)
		}
	}
}

func TestArchive(t *testing.T) {
	r := built(t)
	name := "registrar-v1.2.3-linux-" + runtime.GOARCH
	all := unpacked(t, unzipped(t, files(t, light(r))[name+".tar.gz"]))
	for _, want := range []string{
		"", "README.md", "LICENSE", "LICENSES-THIRD-PARTY", "CHANGELOG.md", "registrar", "man/man1/registrar.1", "man/man1/registrar-serve.1",
		"completions/registrar.bash", "completions/_registrar", "completions/registrar.fish", "contrib/alerts.yml", "contrib/grafana-dashboard.json",
	} {
		if _, ok := all[name+"/"+want]; !ok {
			t.Errorf("no %s in it", want)
		}
	}
	if page := all[name+"/man/man1/registrar.1"]; !bytes.Contains(page, []byte(`"Nov 2023" "registrar v1.2.3"`)) {
		t.Errorf("the page is not that of the release:\n%.200s", page)
	}
	for _, want := range []string{"==== Go go", "==== github.com/spf13/cobra v"} {
		if !bytes.Contains(all[name+"/LICENSES-THIRD-PARTY"], []byte(want)) {
			t.Errorf("LICENSES-THIRD-PARTY has no %q", want)
		}
	}
}

// written is the program of r in a file.
func written(t *testing.T, r release) (name string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("it was built for Linux")
	}
	name = filepath.Join(t.TempDir(), "registrar")
	if err := os.WriteFile(name, r.programs[0].data, 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestProgram(t *testing.T) {
	r := built(t)
	program := written(t, r)
	out, err := output(exec.Command(program, "version"))
	if err != nil || !strings.Contains(string(out), "v1.2.3") {
		t.Errorf("version: %v, %s, want the release in it", err, out)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(r.programs[0].data, []byte(here+"/cmd")) {
		t.Errorf("the program has the path %s in it", here)
	}
}

// What the image checks, with the environment of the image, whatever serve was told.
func TestHealthcheck(t *testing.T) {
	r := built(t)
	program := written(t, r)
	image := r.imageConfig(r.programs[0], "").Config
	for _, flags := range [][]string{
		nil,
		{"--http-private", "--http-base-path", "/rserpool"},
	} {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		env := append(slices.Clone(image.Env), "REGISTRAR_HTTP="+free.Addr().String()) // as docker run --env says it
		free.Close()
		serve := exec.Command(program, append([]string{"serve", "--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0", "--transport", "udp"}, flags...)...)
		serve.Env = env
		said, err := serve.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		serve.Stderr = serve.Stdout
		if err := serve.Start(); err != nil {
			t.Fatal(err)
		}
		open, serves := false, false
		for lines := bufio.NewScanner(said); (!open || !serves) && lines.Scan(); {
			open = open || strings.HasPrefix(lines.Text(), "dashboard")
			serves = serves || strings.Contains(lines.Text(), "registrar.serving")
		}
		check := func() ([]byte, error) {
			c := exec.Command(program, image.Healthcheck.Test[2:]...)
			c.Env = env
			return c.CombinedOutput()
		}
		if out, err := check(); err != nil {
			t.Errorf("%v: %v, %s", flags, err, out)
		}
		if err := serve.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := serve.Wait(); err != nil {
			t.Error(err)
		}
		if out, err := check(); err == nil {
			t.Errorf("healthy without a registrar: %s", out)
		}
	}
}

// The configuration that the package installs, and what it proposes in comments.
func TestConfiguration(t *testing.T) {
	program := written(t, built(t))
	shipped, err := packaged.ReadFile("files/registrar.toml")
	if err != nil {
		t.Fatal(err)
	}
	var keys int
	var lines []string
	for line := range strings.Lines(string(shipped)) {
		if key, _, ok := strings.Cut(strings.TrimPrefix(line, "# "), " = "); ok && !strings.Contains(key, " ") {
			line = strings.TrimPrefix(line, "# ")
			keys++
		}
		lines = append(lines, line)
	}
	proposed := strings.Join(lines, "")
	if keys < 8 {
		t.Errorf("%d keys in the configuration, want those that most need", keys)
	}
	for _, text := range []string{string(shipped), proposed} {
		config := filepath.Join(t.TempDir(), "registrar.toml")
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := output(exec.Command(program, "config", "check", config)); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
	}
}

func TestTree(t *testing.T) {
	var a, b tree
	a.add("x/y/file", []byte("1"))
	a.addProgram("x/program", []byte("22"))
	a.add("x.txt", nil)
	b = slices.Clone(a)
	slices.Reverse(b)
	first, err := a.tar("./", testDate)
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.tar("./", testDate)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("the order of files counts (%v)", err)
	}
	var names []string
	for r := tar.NewReader(bytes.NewReader(first)); ; {
		h, err := r.Next()
		if err != nil {
			break
		}
		names = append(names, fmt.Sprintf("%o %s", h.Mode, h.Name))
	}
	want := []string{"644 ./x.txt", "755 ./x/", "755 ./x/program", "755 ./x/y/", "644 ./x/y/file"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestWrite(t *testing.T) {
	var all tree
	all.add("b", []byte("2"))
	all.add("a", []byte("1"))
	dir := filepath.Join(t.TempDir(), "dist")
	if err := all.write(dir); err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	want := fmt.Sprintf("%x  a\n%x  b\n", sha256.Sum256([]byte("1")), sha256.Sum256([]byte("2")))
	if err != nil || string(sums) != want {
		t.Errorf("SHA256SUMS (%v):\n%swant\n%s", err, sums, want)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "b")); err != nil || string(b) != "2" {
		t.Errorf("file b: %q, %v", b, err)
	}
}

func TestReleaseDate(t *testing.T) {
	if date, err := releaseDate("1700000000"); err != nil || !date.Equal(testDate) {
		t.Errorf("%v, %v", date, err)
	}
	if _, err := releaseDate(""); err == nil || !strings.Contains(err.Error(), "SOURCE_DATE_EPOCH") {
		t.Errorf("no date: %v, want an error that names the variable", err)
	}
}

func TestModuleWithoutLicence(t *testing.T) {
	err := addLicences(new(bytes.Buffer), "example.net/module v1.0.0", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "example.net/module") {
		t.Errorf("%v, want an error that names the module", err)
	}
}
