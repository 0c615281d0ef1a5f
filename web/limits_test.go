package web_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"mysecurity/handlers"
)

// TestTooMuch (ME-03): requests beyond all reason are refused early, and cost
// no memory.
func TestTooMuch(t *testing.T) {
	p := startPortal(t, portalOptions{})
	_, b := p.person()
	head := " HTTP/1.1\r\nHost: " + p.site.Host() + "\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n"
	tests := []struct{ name, request string }{
		{"a header of 64 KiB", "GET /" + head + "X-Long: " + strings.Repeat("A", 64<<10) + "\r\n\r\n"},
		{"5000 cookies", "GET /" + head + "Cookie: " + strings.Repeat("mss_dev=A; ", 5000) + "\r\n\r\n"},
		{"10000 parameters", "GET /sign-in?" + strings.Repeat("page=a&", 10_000) + head + "\r\n"},
		{"1000 headers", "GET /" + head + strings.Repeat("X-Many: "+strings.Repeat("A", 60)+"\r\n", 1000) + "\r\n"},
	}
	before := heap()
	for _, tt := range tests {
		t.Run("ME-03 "+tt.name, func(t *testing.T) {
			if a := p.in(t).raw(tt.request); a.StatusCode < 400 || a.StatusCode > 499 {
				t.Errorf("status %d", a.StatusCode)
			}
		})
	}
	t.Run("ME-03 a form of 1 MiB", func(t *testing.T) {
		b := b.in(t)
		for _, path := range p.changing(anyHandle) {
			b.wantError(b.post(path, url.Values{"code": {strings.Repeat("1", 1<<20)}}), http.StatusRequestEntityTooLarge, handlers.KindTooLarge)
		}
	})
	t.Run("ME-03 many cookies under the limit", func(t *testing.T) {
		b := p.in(t).browser()
		r := b.request(http.MethodGet, "add/app", nil, "Cookie", strings.Repeat("mss_dev="+strings.Repeat("A", 64)+"; ", 300))
		b.wantStatus(b.do(r), http.StatusUnauthorized)
	})
	t.Run("ME-03 chunks without end", func(t *testing.T) { p.in(t).endless(b) })
	if grown := heap() - before; grown > 8<<20 {
		t.Errorf("ME-03 the heap grew by %d KiB", grown>>10)
	}
}

// endless sends a chunked form until the portal has had enough.
func (p *portal) endless(b *browser) {
	p.t.Helper()
	connection, err := net.Dial("tcp", p.addr)
	must(p.t, err)
	defer connection.Close()
	_, err = fmt.Fprintf(connection, "POST /add/app HTTP/1.1\r\nHost: %s\r\nSec-Fetch-Site: same-origin\r\nCookie: mss_dev=%s\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n", p.site.Host(), b.session())
	must(p.t, err)
	chunk := append([]byte("1000\r\n"), append(bytes.Repeat([]byte("a"), 4096), "\r\n"...)...)
	for sent := 0; ; sent += len(chunk) {
		if _, err := connection.Write(chunk); err != nil {
			return // cut off
		}
		if sent > 32<<20 {
			p.t.Fatal("the portal reads on for ever")
		}
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
