package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/netutil"

	"mysecurity/handlers"
	"mysecurity/internal/account"
	"mysecurity/internal/i18n"
	"mysecurity/internal/session"
	"mysecurity/internal/site"
	"mysecurity/static"
)

// maxConnections bounds the open connections of one listener.
const maxConnections = 2048

// Options are the parts the site is assembled from; all are required but
// TrustedProxies, PrefixStripped and Meter.
type Options struct {
	Site           site.Site
	Handlers       *handlers.Handlers
	Account        *account.Service
	Sessions       *session.Manager
	Bundle         *i18n.Bundle
	Files          *static.Assets
	TrustedProxies []netip.Prefix
	PrefixStripped bool // a proxy takes the public URL's prefix off the paths
	Now            func() time.Time
	Log            *slog.Logger
	Meter          Meter
}

// New returns the site as a handler.
func New(o Options) http.Handler {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = o.Handlers.Error
	e.IPExtractor = clientAddress(o.TrustedProxies)
	if o.PrefixStripped {
		e.Pre(withPrefix(o.Site))
	}
	e.Use(scope(o.Bundle), measured(o.Meter, o.Now, patterns(e, o.Site)), accessLog(o.Log, o.Now), headers(o.Site), recovered(o.Log),
		ownHost(o.Site), ownPages(o.Site, o.isReport), bodyLimit, withSession(o.Sessions, o.Bundle, o.sessionless))
	o.routes(e)
	return e
}

// assets serves the static files, which may be cached for ever and replace the
// headers that pages have for that.
func (o Options) assets() echo.HandlerFunc {
	return func(c echo.Context) error {
		if !o.Files.Serve(c.Response(), c.Request(), c.Param("*")) {
			return echo.ErrNotFound
		}
		return nil
	}
}

// clientAddress finds the client's address: the peer, unless the peer is a
// listed proxy; then the first address of X-Forwarded-For, from the right, that
// is not one. It is used for the log and for the limit of sign-in starts.
func clientAddress(proxies []netip.Prefix) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		options = append(options, echo.TrustIPRange(&net.IPNet{
			IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
		}))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

// Server returns an HTTP server with every limit set.
func Server(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           contained(log, h),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// Listen opens a bounded listener on a TCP address, or takes over the socket that
// "fd:3" names.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	open := func() (net.Listener, error) { return config.Listen(ctx, "tcp", address) }
	if strings.HasPrefix(address, "fd:") {
		open = func() (net.Listener, error) { return inherited(address) }
	}
	listener, err := open()
	if err != nil {
		return nil, err
	}
	return netutil.LimitListener(listener, maxConnections), nil
}

// Admin returns the operator's handler, for a listener of its own: /healthz
// says that the process runs, /readyz that it can do its work, /metrics shows
// what was counted. None of them is ever on the portal's own listener (RD-16).
func Admin(ready func(context.Context) error, metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := ready(r.Context()); err != nil {
			answer(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
			return
		}
		answer(w, http.StatusOK, "ready")
	})
	return mux
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
