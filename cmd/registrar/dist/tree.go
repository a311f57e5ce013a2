package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// file is one of a tree: its name with slashes, without one in front, and its
// permissions.
type file struct {
	name string
	mode int64
	data []byte
}

// tree is what goes into an archive, in any order.
type tree []file

// add adds a file that all may read.
func (t *tree) add(name string, data []byte) { *t = append(*t, file{name, 0o644, data}) }

// addProgram adds a file that all may run.
func (t *tree) addProgram(name string, data []byte) { *t = append(*t, file{name, 0o755, data}) }

// below gives the same files in the directory dir.
func (t tree) below(dir string) tree {
	moved := slices.Clone(t)
	for i := range moved {
		moved[i].name = path.Join(dir, moved[i].name)
	}
	return moved
}

// sorted gives the files and the directories they are in, a directory with a slash
// at the end of its name and before its files.
func (t tree) sorted() tree {
	all := slices.Clone(t)
	known := make(map[string]bool)
	for _, f := range t {
		for dir := path.Dir(f.name); dir != "." && !known[dir]; dir = path.Dir(dir) {
			known[dir] = true
			all = append(all, file{name: dir + "/", mode: 0o755})
		}
	}
	slices.SortFunc(all, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return all
}

// tar is the tree as an archive whose names begin with prefix. Everything belongs to
// root and was last changed at date.
func (t tree) tar(prefix string, date time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range t.sorted() {
		h := &tar.Header{
			Format: tar.FormatUSTAR, Typeflag: tar.TypeReg, Name: prefix + f.name, Mode: f.mode, Size: int64(len(f.data)),
			ModTime: date, Uname: "root", Gname: "root",
		}
		if strings.HasSuffix(f.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// zip is data as gzip makes it, without a name and a time.
func zip(data []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is one
	}
	_, _ = w.Write(data) // a Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// write puts the files into dir, and SHA256SUMS over them.
func (t tree) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var sums bytes.Buffer
	for _, f := range t.sorted() {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(f.data), f.name)
	}
	for _, f := range append(slices.Clone(t), file{"SHA256SUMS", 0o644, sums.Bytes()}) {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.data, os.FileMode(f.mode)); err != nil {
			return err
		}
	}
	return nil
}
