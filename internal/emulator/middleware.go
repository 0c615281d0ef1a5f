package emulator

import (
	"net/http"
	"net/url"
	"slices"
)

const (
	// markerHeader is on every answer, so that nobody takes the emulator for a
	// real tenant: the portal refuses it in production.
	markerHeader = "Mysecurity-Emulator"
	maxBody      = 64 << 10
)

// middleware wraps the routes. The marker stands outermost: refusals and faults
// carry it too.
func (e *Emulator) middleware(routes http.Handler) http.Handler {
	h := e.refuseCrossSite(routes)
	h = e.chaosMiddleware(h)
	h = e.faultMiddleware(h)
	h = e.checkHost(h)
	h = e.recordMiddleware(h)
	return mark(h)
}

// mark sets the headers of every answer and bounds every body.
func mark(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set(markerHeader, "1")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// checkHost refuses requests for another name than ours: a web page in the
// developer's browser could otherwise reach the emulator by DNS rebinding.
func (e *Emulator) checkHost(next http.Handler) http.Handler {
	allowed := allowedHosts(e.publicURL)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(allowed, r.Host) {
			oauthError(w, http.StatusMisdirectedRequest, "invalid_request", "This host name is not the emulator's")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// allowedHosts are the public URL's host and the loopback names on its port.
func allowedHosts(publicURL string) []string {
	u, err := url.Parse(publicURL)
	if err != nil { // New has parsed it before
		return nil
	}
	hosts := []string{u.Host}
	for _, name := range []string{"localhost", "127.0.0.1", "[::1]"} {
		if port := u.Port(); port != "" {
			hosts = append(hosts, name+":"+port)
		} else {
			hosts = append(hosts, name)
		}
	}
	return hosts
}

// refuseCrossSite refuses what a page of another origin makes the browser send,
// except where OpenID Connect lets an application post a form. Clients without
// the browser's headers (SDKs, curl) pass.
func (e *Emulator) refuseCrossSite(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.AddInsecureBypassPattern("POST /authorize")
	guard.AddInsecureBypassPattern("POST /oidc/logout")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := guard.Check(r); err != nil {
			oauthError(w, http.StatusForbidden, "access_denied", "Cross-site requests are refused")
			return
		}
		next.ServeHTTP(w, r)
	})
}
