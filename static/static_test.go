package static

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

// build is a small build: one file with both twins, one with none.
func build() fstest.MapFS {
	return fstest.MapFS{
		"manifest.json":   {Data: []byte(`{"app.css":"app.0a1b.css","icon.svg":"icon.2c3d.svg"}`)},
		"app.0a1b.css":    {Data: []byte("plain")},
		"app.0a1b.css.br": {Data: []byte("brotli")},
		"app.0a1b.css.gz": {Data: []byte("gzip")},
		"icon.2c3d.svg":   {Data: []byte("<svg/>")},
		"secret.txt":      {Data: []byte("not in the manifest")},
	}
}

func TestServe(t *testing.T) {
	assets, err := load(build())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, method, file, accept string
		body, coding, contentType  string
	}{
		{"no coding wished", "GET", "app.0a1b.css", "", "plain", "", "text/css; charset=utf-8"},
		{"what browsers send", "GET", "app.0a1b.css", "gzip, deflate, br, zstd", "brotli", "br", "text/css; charset=utf-8"},
		{"gzip only", "GET", "app.0a1b.css", "GZIP;q=0.5", "gzip", "gzip", "text/css; charset=utf-8"},
		{"brotli refused", "GET", "app.0a1b.css", "br;q=0, gzip", "gzip", "gzip", "text/css; charset=utf-8"},
		{"weight that cannot be read", "GET", "app.0a1b.css", "br;q=x", "plain", "", "text/css; charset=utf-8"},
		{"wildcard", "GET", "app.0a1b.css", "*", "plain", "", "text/css; charset=utf-8"},
		{"no twins", "GET", "icon.2c3d.svg", "br, gzip", "<svg/>", "", "image/svg+xml"},
		{"head", "HEAD", "app.0a1b.css", "br", "", "br", "text/css; charset=utf-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "/assets/"+tt.file, nil)
			r.Header.Set("Accept-Encoding", tt.accept)
			w := httptest.NewRecorder()
			if !assets.Serve(w, r, tt.file) {
				t.Fatal("not served")
			}
			body, err := io.ReadAll(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if string(body) != tt.body {
				t.Errorf("body = %q, want %q", body, tt.body)
			}
			want := map[string]string{
				"Content-Encoding": tt.coding, "Content-Type": tt.contentType, "Vary": "Accept-Encoding",
				"Cache-Control":           "public, max-age=31536000, immutable",
				"Content-Security-Policy": "default-src 'none'", "Cross-Origin-Resource-Policy": "same-origin",
			}
			for name, value := range want {
				if got := w.Header().Get(name); got != value {
					t.Errorf("%s = %q, want %q", name, got, value)
				}
			}
		})
	}
}

func TestServeNothingElse(t *testing.T) {
	assets, err := load(build())
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"", "app.css", "app.0a1b.css.br", "manifest.json", "secret.txt", "../static.go", "/app.0a1b.css"} {
		w := httptest.NewRecorder()
		if assets.Serve(w, httptest.NewRequest(http.MethodGet, "/", nil), file) || w.Body.Len() > 0 || len(w.Header()) > 0 {
			t.Errorf("%q was answered", file)
		}
	}
}

func TestName(t *testing.T) {
	assets, err := load(build())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"app.css": "app.0a1b.css", "other.css": "other.css"} {
		if got := assets.Name(name); got != want {
			t.Errorf("Name(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	broken, incomplete := build(), build()
	broken["manifest.json"] = &fstest.MapFile{Data: []byte("{")}
	delete(incomplete, "icon.2c3d.svg")
	tests := []struct {
		name string
		fsys fstest.MapFS
		want error
	}{
		{"not built", fstest.MapFS{".gitkeep": {}}, ErrNotBuilt},
		{"broken manifest", broken, nil},
		{"file of the manifest missing", incomplete, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(tt.fsys)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error = %v, want %v", err, tt.want)
			}
		})
	}
}

// TestBuild checks the real build against the page's budget (performance.md
// G2): what a browser loads, compressed.
func TestBuild(t *testing.T) {
	assets, err := New()
	if errors.Is(err, ErrNotBuilt) {
		t.Skip("the static files were not built: make build does it")
	}
	if err != nil {
		t.Fatal(err)
	}
	budget := map[string]int{"app.js": 18 << 10, "app.css": 8 << 10, "icons.svg": 3 << 10, "icon.svg": 1 << 10}
	for name, limit := range budget {
		f, ok := assets.files[assets.Name(name)]
		if !ok {
			t.Errorf("%s is not in the build", name)
			continue
		}
		for i, c := range codings {
			if size := len(f.twins[i]); size == 0 || size > limit {
				t.Errorf("G2 %s has %d bytes in %s, the budget is %d", name, size, c.name, limit)
			}
		}
	}
}
