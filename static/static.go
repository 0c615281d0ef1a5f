// Package static holds the style sheet, the script and the pictures that the
// browser loads, and serves them.
//
// What people write is in src. The build puts it into dist under names that
// carry a hash of the content, with compressed twins made once (security.md
// SL-08: pages are never compressed, static files are). An answer can therefore
// be kept by browsers for ever.
package static

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
)

//go:embed all:dist
var dist embed.FS

// ErrNotBuilt reports a program that was compiled before the static files were
// made.
var ErrNotBuilt = errors.New("static: the files were not built: run make build")

// codings are the compressed forms in order of preference, with the ending of
// their files.
var codings = [...]struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// file is one asset in all its forms.
type file struct {
	contentType string
	content     []byte
	twins       [len(codings)][]byte // as codings; nil where there is none
}

// Assets are the static files of one build. It is safe for concurrent use.
type Assets struct {
	names map[string]string // "app.css": "app.1f2e3d4c5b.css"
	files map[string]file   // by hashed name
}

// New reads the embedded files. It fails with [ErrNotBuilt] if there are none.
func New() (*Assets, error) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("static: %w", err)
	}
	return load(sub)
}

func load(fsys fs.FS) (*Assets, error) {
	manifest, err := fs.ReadFile(fsys, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	}
	a := &Assets{files: map[string]file{}}
	if err == nil {
		err = json.Unmarshal(manifest, &a.names)
	}
	if err != nil {
		return nil, fmt.Errorf("static: manifest: %w", err)
	}
	for _, hashed := range a.names {
		if a.files[hashed], err = read(fsys, hashed); err != nil {
			return nil, fmt.Errorf("static: %w", err)
		}
	}
	return a, nil
}

func read(fsys fs.FS, name string) (file, error) {
	content, err := fs.ReadFile(fsys, name)
	if err != nil {
		return file{}, err
	}
	f := file{contentType: mime.TypeByExtension(path.Ext(name)), content: content}
	for i, c := range codings {
		twin, err := fs.ReadFile(fsys, name+c.suffix)
		if err == nil {
			f.twins[i] = twin
		} else if !errors.Is(err, fs.ErrNotExist) {
			return file{}, err
		}
	}
	return f, nil
}

// Name is the hashed file name of an asset: "app.css" gives
// "app.1f2e3d4c5b.css". A name that is not in the build stays as it is, and
// serving it answers 404.
func (a *Assets) Name(name string) string {
	if hashed, ok := a.names[name]; ok {
		return hashed
	}
	return name
}

// Serve answers a GET or HEAD request for the asset with that hashed name, in
// the best form that the browser takes. It reports false, and writes nothing,
// if there is no such asset.
func (a *Assets) Serve(w http.ResponseWriter, r *http.Request, hashed string) bool {
	f, ok := a.files[hashed]
	if !ok {
		return false
	}
	body, coding := f.form(r.Header.Values("Accept-Encoding"))
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if coding != "" {
		h.Set("Content-Encoding", coding)
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		// The browser may be gone; there is nobody left to tell.
		_, _ = w.Write(body)
	}
	return true
}

// form picks a compressed twin, or the plain content.
func (f *file) form(acceptEncoding []string) (body []byte, coding string) {
	for i, c := range codings {
		if f.twins[i] != nil && accepts(acceptEncoding, c.name) {
			return f.twins[i], c.name
		}
	}
	return f.content, ""
}
