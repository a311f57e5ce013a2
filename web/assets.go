package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/go-chi/chi/v5"

	"rserpool/static"
)

// assets are the files that pages load, under names that change with their
// content, so that a browser may keep them for ever.
type assets struct {
	// byName finds a file by the name in the URL.
	byName map[string]*asset
	// url gives that name for a file such as app.css; absent: not built.
	url map[string]string
}

// asset is one file in each encoding that is smaller than the file.
type asset struct {
	contentType string
	plain       []byte
	encoded     map[string][]byte // br, gzip
}

// loadAssets reads and hashes everything. A page works without its program, so
// a missing one is no error.
func loadAssets() (*assets, error) {
	a := &assets{byName: map[string]*asset{}, url: map[string]string{}}
	err := fs.WalkDir(static.FS, ".", func(file string, d fs.DirEntry, err error) error {
		ext := path.Ext(file)
		if err != nil || d.IsDir() || contentTypes[ext] == "" {
			return err
		}
		b, err := fs.ReadFile(static.FS, file)
		if err != nil {
			return err
		}
		as := &asset{contentType: contentTypes[ext], plain: b, encoded: map[string][]byte{}}
		if err := as.encode(file); err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		base := path.Base(file)
		name := strings.TrimSuffix(base, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.byName[name] = as
		a.url[base] = "assets/" + name
		return nil
	})
	return a, err
}

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".wasm": "application/wasm", ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon",
}

// encode takes the variants that the build made, and makes those of the small
// files that it did not.
func (a *asset) encode(file string) error {
	for suffix, coding := range map[string]string{".br": "br", ".gz": "gzip"} {
		b, err := fs.ReadFile(static.FS, file+suffix)
		if err == nil {
			a.encoded[coding] = b
			continue
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if !strings.HasPrefix(a.contentType, "text/") && a.contentType != "image/svg+xml" {
			continue
		}
		var buf bytes.Buffer
		var z io.WriteCloser = brotli.NewWriterLevel(&buf, brotli.DefaultCompression)
		if coding == "gzip" {
			z = gzip.NewWriter(&buf)
		}
		if _, err := z.Write(a.plain); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		a.encoded[coding] = buf.Bytes()
	}
	return nil
}

// serve answers with the smallest variant that the client takes.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	as, ok := a.byName[chi.URLParam(r, "name")]
	if !ok {
		problem(w, http.StatusNotFound, "No such file", "This page is of an older version; reload it.")
		return
	}
	h := w.Header()
	h.Set("Content-Type", as.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := as.plain
	for _, coding := range []string{"br", "gzip"} {
		if b := as.encoded[coding]; b != nil && takes(r.Header.Get("Accept-Encoding"), coding) {
			h.Set("Content-Encoding", coding)
			body = b
			break
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client is gone: nothing left to tell it
}

// takes reports whether an Accept-Encoding header allows a coding; q=0 forbids.
func takes(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			q, given := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			v, err := strconv.ParseFloat(q, 64)
			return !given || err == nil && v > 0
		}
	}
	return false
}
