package emulator

import (
	"maps"
	"net/http"
	"strings"
	"time"
)

const (
	// sessionCookie must not collide with the portal's cookies: they ignore ports.
	sessionCookie = "emu_session"
	sessionIdle   = 3 * 24 * time.Hour
	sessionLife   = 7 * 24 * time.Hour
)

// sessionOf returns the browser's session at the tenant, or nil. The caller
// holds the store's lock.
func (e *Emulator) sessionOf(r *http.Request) *ssoSession {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	s, known := e.s.sessions[cookie.Value]
	if !known {
		return nil
	}
	u, known := e.s.users[s.UserID]
	if !known || u.Blocked || s.over(e.clock.Now()) {
		delete(e.s.sessions, cookie.Value)
		return nil
	}
	return s
}

func (s *ssoSession) over(now time.Time) bool {
	return now.Sub(s.LastUsed) > sessionIdle || now.Sub(s.Created) > sessionLife
}

// startSession makes a session for a finished sign-in, instead of the one that
// the browser had. It always gets a new cookie: one that somebody planted before
// the sign-in opens nothing. For the same user the sid stays, because other
// applications know the session by it.
func (e *Emulator) startSession(l *login) (sid string, cookie *http.Cookie) {
	now := e.clock.Now()
	s := &ssoSession{UserID: l.UserID, AuthTime: l.AuthTime, Created: now, LastUsed: now}
	if l.Replaces != nil && l.Replaces.UserID == l.UserID {
		s.SID = l.Replaces.SID
	} else {
		s.SID = randomString(e.rand, 32, base64URLAlphabet)
	}
	maps.DeleteFunc(e.s.sessions, func(_ string, old *ssoSession) bool { return old == l.Replaces })
	value := randomString(e.rand, 43, base64URLAlphabet)
	e.s.sessions[value] = s
	return s.SID, e.cookie(value, int(sessionLife/time.Second))
}

// endSession signs the browser out of the tenant.
func (e *Emulator) endSession(r *http.Request) *http.Cookie {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	if s, known := e.s.sessions[cookie.Value]; known {
		delete(e.s.sessions, cookie.Value)
		e.logEvent("slo", s.UserID, "Signed out")
	}
	return e.cookie("", -1)
}

func (e *Emulator) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(e.publicURL, "https:"),
	}
}

// sweep forgets what has expired, at most once a minute. The caller holds the
// store's lock.
func (s *store) sweep(now time.Time) {
	if since := now.Sub(s.swept); since >= 0 && since < time.Minute {
		return
	}
	s.swept = now
	forget(s.logins, func(l *login) bool { return now.After(l.Expires) })
	forget(s.codes, func(c *authCode) bool { return now.After(c.Expires) })
	forget(s.mfaTokens, func(t *mfaToken) bool { return now.After(t.Expires.Add(time.Hour)) })
	forget(s.oobs, func(o *oob) bool { return now.After(o.Expires.Add(time.Hour)) })
	forget(s.accessTokens, func(t *opaqueAccess) bool { return now.After(t.Expires) })
	forget(s.sessions, func(x *ssoSession) bool { return x.over(now) })
	forget(s.revoked, now.After)
	forget(s.challenged, now.After)
	s.sweepRefreshTokens(now)
}

func forget[V any](entries map[string]V, dead func(V) bool) {
	maps.DeleteFunc(entries, func(_ string, entry V) bool { return dead(entry) })
}
