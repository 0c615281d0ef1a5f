package web

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"mysecurity/handlers"
	"mysecurity/internal/account"
	"mysecurity/internal/i18n"
	"mysecurity/internal/session"
	"mysecurity/internal/site"
)

// maxBody is the largest request body of any page of ours.
const maxBody = 16 << 10

// maxLogged is the longest client-sent text in one log field.
const maxLogged = 200

// scope makes the request's scope: reference, nonce, client address, and the
// language as far as it is known without a session.
func scope(bundle *i18n.Bundle) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			var random [24]byte
			_, _ = rand.Read(random[:]) // never fails since Go 1.24
			handlers.SetScope(c, &handlers.Scope{
				ID:     hex.EncodeToString(random[:4]),
				Nonce:  base64.RawStdEncoding.EncodeToString(random[8:]),
				Client: c.RealIP(),
			})
			setLanguage(c, bundle, "")
			return next(c)
		}
	}
}

// setLanguage settles the language: the user's own choice, then the profile,
// then what the browser asks for.
func setLanguage(c echo.Context, bundle *i18n.Bundle, profile string) {
	chosen := ""
	if cookie, err := c.Cookie("lang"); err == nil {
		chosen = cookie.Value
	}
	lang := bundle.Match(chosen, profile, c.Request().Header.Get("Accept-Language"))
	handlers.ScopeOf(c).Lang = lang
	c.SetRequest(c.Request().WithContext(bundle.With(c.Request().Context(), lang)))
}

// accessLog writes one record per request and is the only caller of the error
// page. Paths are logged without their query, which may hold a code. The status is
// what the answer means, with the one that was sent beside it if that differs.
func accessLog(log *slog.Logger, now func() time.Time) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			started := now()
			if err := next(c); err != nil {
				errorPage(log, c, err)
			}
			r, scope, status := c.Request(), handlers.ScopeOf(c), handlers.StatusOf(c)
			level, attrs := slog.LevelInfo, []slog.Attr{
				slog.String("request", scope.ID), slog.String("method", cut(r.Method)),
				slog.String("path", cut(r.URL.Path)), slog.Int("status", status),
				slog.Int64("bytes", c.Response().Size), slog.Float64("milliseconds", float64(now().Sub(started).Microseconds())/1000),
				slog.String("client", scope.Client), slog.String("agent", cut(r.UserAgent())),
			}
			if sent := c.Response().Status; sent != status {
				attrs = append(attrs, slog.Int("sent", sent))
			}
			if scope.Failure != nil {
				attrs = append(attrs, slog.String("error", cut(handlers.Describe(scope.Failure))))
			}
			if status >= http.StatusInternalServerError && r.Context().Err() == nil {
				level = slog.LevelError // unless the browser has just gone away
			}
			log.LogAttrs(r.Context(), level, "request", attrs...)
			return nil
		}
	}
}

// errorPage shows an error. If the page itself falls over, there is a bare status.
func errorPage(log *slog.Logger, c echo.Context, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			notePanic(c.Request().Context(), log, cause, "request", handlers.ScopeOf(c).ID)
			if !c.Response().Committed {
				c.Response().WriteHeader(http.StatusInternalServerError)
			}
		}
	}()
	c.Error(err)
}

// cut bounds client-sent text; the log handler escapes it (SL-09).
func cut(text string) string {
	if len(text) > maxLogged {
		text = text[:maxLogged]
	}
	return strings.ToValidUTF8(text, "?")
}

// recovered turns a panic into an ordinary error; its stack goes to the log,
// never to the page.
func recovered(log *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			defer func() {
				if cause := recover(); cause != nil {
					notePanic(c.Request().Context(), log, cause, "request", handlers.ScopeOf(c).ID)
					err = account.Fail(account.KindInternal, nil)
				}
			}()
			return next(c)
		}
	}
}

// contained is the outermost handler of a server. net/http would write the value of a
// panic that gets so far to its log, and that value may hold anything.
func contained(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if cause := recover(); cause != nil {
				notePanic(r.Context(), log, cause)
				panic(http.ErrAbortHandler) // half an answer must not look like a whole one
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// notePanic writes what is known of a panic but its value. http.ErrAbortHandler is
// none: it goes on to net/http, which expects it.
func notePanic(ctx context.Context, log *slog.Logger, cause any, attrs ...any) {
	if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
		panic(cause)
	}
	log.ErrorContext(ctx, "panic", append(attrs, "type", fmt.Sprintf("%T", cause), "stack", string(debug.Stack()))...)
}

// ownHost refuses requests for any host but the configured one: nothing may be
// reached under a name that we would not write ourselves (RD-07).
func ownHost(s site.Site) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if !strings.EqualFold(c.Request().Host, s.Host()) {
				return account.Fail(handlers.KindWrongHost, nil)
			}
			return next(c)
		}
	}
}

// ownPages is the first layer against forged requests, by fetch metadata
// (security decision 11). Changing requests must come from our own pages;
// reading ones from elsewhere are plain navigations, never frames or fetches.
// It is stricter than net/http's CrossOriginProtection, which lets requests
// without either header pass.
func ownPages(s site.Site, exempt func(echo.Context) bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if !exempt(c) && !fromOwnPages(c.Request(), s.Origin()) {
				return account.Fail(handlers.KindForged, nil)
			}
			return next(c)
		}
	}
}

func fromOwnPages(r *http.Request, origin string) bool {
	from, mode, dest := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Fetch-Mode"), r.Header.Get("Sec-Fetch-Dest")
	if reading(r.Method) {
		foreign := from == "cross-site" || from == "same-site"
		embedded := dest == "iframe" || dest == "frame" || dest == "embed" || dest == "object"
		return !embedded && (!foreign || mode == "navigate")
	}
	if from != "" {
		return from == "same-origin"
	}
	return r.Header.Get("Origin") == origin
}

func reading(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// bodyLimit stops reading a request body at maxBody.
func bodyLimit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if r := c.Request(); r.Body != nil {
			r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBody)
		}
		return next(c)
	}
}

// alone reports the requests that hold their session exclusively: those that
// change something, and the two pages that use something up when they are read,
// the answer of a sign-in and the view of a recovery code. Signing out waits for
// nobody: a change under way finds the session gone.
func alone(c echo.Context) bool {
	switch path := c.Path(); {
	case strings.HasSuffix(path, "/sign-out"):
		return false
	case strings.HasSuffix(path, "/callback"), strings.HasSuffix(path, "/recovery-code"):
		return true
	}
	return !reading(c.Request().Method)
}

// withSession opens the session for the length of the request, except for static
// files and reports, which know nobody. Requests that hold it alone do a thing
// once on a double click, and both answers tell the same.
func withSession(m *session.Manager, bundle *i18n.Bundle, skip func(echo.Context) bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if skip(c) {
				return next(c)
			}
			opened, err := m.Open(c.Response(), c.Request(), alone(c))
			if err != nil {
				return account.Fail(handlers.KindStoreDown, err)
			}
			defer opened.Close()
			handlers.ScopeOf(c).Session = opened
			if profile := opened.User().Locale; profile != "" {
				setLanguage(c, bundle, profile)
			}
			return next(c)
		}
	}
}

// formToken is the second layer against forged requests: every form of a
// signed-in page carries the session's token.
func formToken(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		current := handlers.ScopeOf(c).Session
		if reading(c.Request().Method) || current == nil || !current.SignedIn() {
			return next(c)
		}
		sent, err := handlers.FormToken(c)
		if err != nil {
			return err
		}
		if !current.ValidFormToken(sent) {
			return account.Fail(handlers.KindFormExpired, nil)
		}
		return next(c)
	}
}
