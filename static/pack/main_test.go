package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
)

func TestPack(t *testing.T) {
	dir := t.TempDir()
	assets := map[string][]byte{
		"app.wasm":     bytes.Repeat([]byte("ENRP handle update "), 4000),
		"wasm_exec.js": []byte("const go = new Go();\n"),
		"empty.css":    {},
	}
	for name, data := range assets {
		write(t, dir, name, data)
	}
	write(t, dir, ".gitkeep", nil)
	write(t, dir, "gone.js.br", []byte("copy of an asset that is gone"))
	write(t, dir, "gone.js.gz", []byte("copy of an asset that is gone"))
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}

	var out bytes.Buffer
	if err := pack(dir, &out); err != nil {
		t.Fatal(err)
	}
	want := []string{
		".gitkeep", "app.wasm", "app.wasm.br", "app.wasm.gz", "empty.css", "empty.css.br", "empty.css.gz",
		"sub", "wasm_exec.js", "wasm_exec.js.br", "wasm_exec.js.gz",
	}
	if diff := cmp.Diff(want, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for name, data := range assets {
		if got := unbrotli(t, filepath.Join(dir, name+".br")); !bytes.Equal(got, data) {
			t.Errorf("%s.br unpacks to %d bytes, want the %d of the asset", name, len(got), len(data))
		}
		if got := gunzip(t, filepath.Join(dir, name+".gz")); !bytes.Equal(got, data) {
			t.Errorf("%s.gz unpacks to %d bytes, want the %d of the asset", name, len(got), len(data))
		}
		if !strings.Contains(out.String(), name) {
			t.Errorf("no line of sizes for %s in:\n%s", name, out.String())
		}
	}
	if br := read(t, filepath.Join(dir, "app.wasm.br")); len(br) > len(assets["app.wasm"])/100 {
		t.Errorf("app.wasm.br has %d bytes, want less than a hundredth of %d", len(br), len(assets["app.wasm"]))
	}
}

// Packing again changes no byte: the build is reproducible.
func TestPackAgain(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "app.wasm", bytes.Repeat([]byte("presence "), 1000))
	var contents [2]map[string][]byte
	for i := range contents {
		if err := pack(dir, io.Discard); err != nil {
			t.Fatal(err)
		}
		contents[i] = make(map[string][]byte)
		for _, name := range names(t, dir) {
			contents[i][name] = read(t, filepath.Join(dir, name))
		}
	}
	if diff := cmp.Diff(contents[0], contents[1]); diff != "" {
		t.Errorf("second run (-first +second):\n%s", diff)
	}
	gz, err := gzip.NewReader(bytes.NewReader(contents[0]["app.wasm.gz"]))
	if err != nil {
		t.Fatal(err)
	}
	if gz.Name != "" || !gz.ModTime.IsZero() {
		t.Errorf("gzip header has name %q and time %v, want neither", gz.Name, gz.ModTime)
	}
}

func TestPackNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, ".gitkeep", nil)
	if err := pack(dir, io.Discard); err == nil || !strings.Contains(err.Error(), "no file to compress") {
		t.Errorf("pack of a directory without assets: %v, want an error that says so", err)
	}
	if err := pack(filepath.Join(dir, "missing"), io.Discard); err == nil {
		t.Error("pack of a directory that is not there: no error")
	}
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func unbrotli(t *testing.T, path string) []byte {
	t.Helper()
	data, err := io.ReadAll(brotli.NewReader(bytes.NewReader(read(t, path))))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return data
}

func gunzip(t *testing.T, path string) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(read(t, path)))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return data
}
