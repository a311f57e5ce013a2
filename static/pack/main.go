// Command pack writes a Brotli (.br) and a gzip (.gz) copy beside every asset
// of one directory, so that the server never compresses while it serves.
//
// It is part of the build, not of the program: make runs it after the
// WebAssembly build, and no system compressor is needed. The same input gives
// the same bytes on every machine: no name and no time goes into the output.
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/andybalholm/brotli"
)

// brotliQuality is the highest level: assets are packed once and served often.
const brotliQuality = 11

// brotliWindow is the largest one that browsers take, 16 MB: the program is longer
// than the window that is usual.
const brotliWindow = 24

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pack DIR (writes a .br and a .gz beside each file of DIR)")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

// pack compresses every asset of dir and prints one line of sizes for each.
// Hidden files and copies of an earlier run are no assets; a copy whose asset
// is gone is removed, so that a stale one is never embedded.
func pack(dir string, out io.Writer) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	assets := make(map[string]bool)
	var copies []string
	for _, e := range entries {
		name := e.Name()
		switch {
		case !e.Type().IsRegular() || strings.HasPrefix(name, "."):
		case isCopy(name):
			copies = append(copies, name)
		default:
			assets[name] = true
			if err := packFile(filepath.Join(dir, name), out); err != nil {
				return err
			}
		}
	}
	for _, name := range copies {
		if !assets[strings.TrimSuffix(name, filepath.Ext(name))] {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	if len(assets) == 0 {
		return fmt.Errorf("no file to compress in %s: build the assets first", dir)
	}
	return nil
}

func isCopy(name string) bool {
	ext := filepath.Ext(name)
	return ext == ".br" || ext == ".gz"
}

func packFile(path string, out io.Writer) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	br, err := compress(data, func(w io.Writer) (io.WriteCloser, error) {
		return brotli.NewWriterOptions(w, brotli.WriterOptions{Quality: brotliQuality, LGWin: brotliWindow}), nil
	})
	if err != nil {
		return fmt.Errorf("brotli %s: %w", path, err)
	}
	gz, err := compress(data, func(w io.Writer) (io.WriteCloser, error) {
		return gzip.NewWriterLevel(w, gzip.BestCompression)
	})
	if err != nil {
		return fmt.Errorf("gzip %s: %w", path, err)
	}
	if err := replace(path+".gz", gz); err != nil {
		return err
	}
	if err := replace(path+".br", br); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%-16s %9d bytes  gzip %9d  brotli %9d\n", filepath.Base(path), len(data), len(gz), len(br))
	return err
}

func compress(data []byte, open func(io.Writer) (io.WriteCloser, error)) ([]byte, error) {
	var buf bytes.Buffer
	w, err := open(&buf)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// replace writes path in one step: a build that is interrupted leaves the old
// copy or the new one, never a part that make takes for finished.
func replace(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".pack-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}
