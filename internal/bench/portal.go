package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

const host = "security.example.com" // of publicURL

// view is what a browser sends for the overview, through a proxy that ended TLS.
func view(cookie string) []byte {
	return []byte("GET / HTTP/1.1\r\nHost: " + host + "\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n" +
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n" +
		"Accept-Language: en-CA,en;q=0.9,fr;q=0.8\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n" +
		"Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\n" +
		"X-Forwarded-For: 203.0.113.7\r\nCookie: " + cookie + "\r\n\r\n")
}

// startPortal runs the release binary in front of the stand-in, with a session
// file of its own.
func (b *bench) startPortal(ctx context.Context) (*process, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	admin, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	data, err := os.MkdirTemp(b.folder, "data-")
	if err != nil {
		return nil, err
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails since Go 1.24
	p, err := b.start(ctx, "portal", address, []string{
		"PORTAL_MODE=development", "PORTAL_ADDR=" + address, "ADMIN_ADDR=" + admin, "PUBLIC_URL=" + publicURL,
		"AUTH0_ISSUER=" + b.upstream.issuer.name, "AUTH0_CLIENT_ID=" + clientID, "AUTH0_CLIENT_SECRET=" + clientSecret,
		"SESSION_KEYS=" + base64.StdEncoding.EncodeToString(key[:]), "DATA_DIR=" + data,
		"COMPANY_NAME=" + companyName, "TRUSTED_PROXIES=127.0.0.1",
	}, b.portal, "serve")
	if err == nil {
		p.admin = admin
	}
	return p, err
}

// startLimit runs this very program as the limit server.
func (b *bench) startLimit(ctx context.Context) (*process, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	// The collector's setting is the portal's own (collector.go): it is free for both.
	return b.start(ctx, roleLimit, address, []string{"GOGC=300"}, self, roleLimit, address, b.upstream.issuer.name)
}

// signIns makes real sign-ins, several at a time, and returns what each of the
// browsers would send for the overview. Subjects are numbered from first on.
func (b *bench) signIns(ctx context.Context, p *process, first, count int) ([][]byte, error) {
	const together = 16
	transport := &http.Transport{MaxIdleConnsPerHost: together, DisableCompression: true}
	defer transport.CloseIdleConnections()
	views := make([][]byte, count)
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range min(together, count) {
		group.Go(func() error {
			for i := int(next.Add(1)) - 1; i < count; i = int(next.Add(1)) - 1 {
				cookie, err := signIn(ctx, transport, p.address, first+i)
				if err != nil {
					return fmt.Errorf("sign-in: %w", err)
				}
				views[i] = view(cookie)
			}
			return nil
		})
	}
	return views, group.Wait()
}

// signIn goes the way of a browser: to the portal, to the tenant, whose page is
// skipped, and back to the portal. It returns the session's cookie.
func signIn(ctx context.Context, transport *http.Transport, address string, number int) (string, error) {
	base := "http://" + address
	// Each from a home of its own: one address may start only so many.
	home := fmt.Sprintf("10.%d.%d.%d", number>>16&255, number>>8&255, number&255)
	to, cookie, err := follow(ctx, transport, base+"/sign-in?page=overview", "", home)
	if err != nil {
		return "", err
	}
	back := url.Values{
		"state": {to.Query().Get("state")},
		"code":  {codeFor(fmt.Sprintf("auth0|%024x", number), to.Query().Get("nonce"))},
	}
	_, cookie, err = follow(ctx, transport, base+"/callback?"+back.Encode(), cookie, home)
	return cookie, err
}

// follow asks a page that redirects and returns where to, and the cookies that
// it sets.
func follow(ctx context.Context, transport *http.Transport, page, cookie, home string) (to *url.URL, set string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, page, http.NoBody)
	if err != nil {
		return nil, "", err
	}
	r.Host = host
	r.Header.Set("Sec-Fetch-Site", "none")
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Cookie", cookie)
	r.Header.Set("X-Forwarded-For", home)
	response, err := transport.RoundTrip(r)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return nil, "", err
	}
	if response.StatusCode != http.StatusSeeOther {
		return nil, "", fmt.Errorf("%s answers %s", r.URL.Path, response.Status)
	}
	to, err = response.Location()
	return to, cookies(response), err
}

// cookies that an answer sets, as a browser would send them back.
func cookies(response *http.Response) string {
	var list []string
	for _, c := range response.Cookies() {
		if c.Value != "" {
			list = append(list, c.Name+"="+c.Value)
		}
	}
	return strings.Join(list, "; ")
}
