package emulator

import (
	"maps"
	"slices"
	"time"
)

// scopeOffline asks for a refresh token.
const scopeOffline = "offline_access"

// maxRefreshTokens is how many refresh tokens that can still be used the vendor
// keeps per user and application.
const maxRefreshTokens = 200

// refreshFamily is what one authorization granted beyond the life of its access
// token, and what its refresh tokens have in common: they replace each other and
// die together.
//
// https://auth0.com/docs/secure/tokens/refresh-tokens/refresh-token-rotation
type refreshFamily struct {
	refreshOwner
	Audience   string
	Scope      string // a refresh may ask for less, and the next one for all of it again
	SID        string
	AuthTime   time.Time // zero: was not in the ID token
	Challenged bool      // a second factor was proven for the authorization
	Started    time.Time // the absolute lifetime counts from here
	Used       time.Time // the idle lifetime counts from here
	Ended      bool      // revoked, or reused
}

// refreshOwner is whose refresh tokens are counted together.
type refreshOwner struct{ ClientID, UserID string }

// refreshToken is one token of a family. A used one stays known as long as its
// family, because it is dangerous news when somebody presents it again.
type refreshToken struct {
	Value  string
	Family *refreshFamily
	Parent *refreshToken // that was exchanged for this one; nil for the first
	Used   time.Time     // when it was exchanged for another first; zero: it was not
	Past   bool          // one that it was exchanged for is used itself
}

// startFamily returns the first refresh token for g, or "" if g has none. The
// caller holds the store's lock.
func (e *Emulator) startFamily(g grant) string {
	if g.User == nil || !hasScope(g.Scope, scopeOffline) {
		return ""
	}
	now := e.clock.Now()
	return e.issueRefreshToken(&refreshFamily{
		refreshOwner: refreshOwner{g.App.ClientID, g.User.ID},
		Audience:     g.Audience, Scope: g.Scope, SID: g.SID, AuthTime: g.AuthTime, Challenged: g.Challenged,
		Started: now, Used: now,
	}, nil)
}

// issueRefreshToken adds a token to the family. Of too many that can be used the
// oldest is dropped, and nobody is told.
func (e *Emulator) issueRefreshToken(f *refreshFamily, parent *refreshToken) string {
	t := &refreshToken{Value: "v1.M" + randomString(e.rand, 63, base64URLAlphabet), Family: f, Parent: parent}
	e.s.refreshTokens[t.Value] = t
	owner, active := f.refreshOwner, e.s.refreshActive
	if len(active[owner]) >= maxRefreshTokens {
		e.s.sweepRefreshTokens(e.clock.Now()) // expired ones do not count
	}
	active[owner] = append(active[owner], t)
	if len(active[owner]) > maxRefreshTokens {
		delete(e.s.refreshTokens, active[owner][0].Value)
		active[owner] = slices.Delete(active[owner], 0, 1)
	}
	return t.Value
}

// rotate exchanges t for a new token of its family.
func (e *Emulator) rotate(t *refreshToken) string {
	if t.Parent != nil {
		t.Parent.Past = true
	}
	if t.Used.IsZero() {
		t.Used = e.clock.Now()
		e.s.deactivate(t.Family.refreshOwner, func(other *refreshToken) bool { return other == t })
	}
	return e.issueRefreshToken(t.Family, t)
}

// reused reports whether t was exchanged before, unless the application's leeway
// allows it: for a while, and only as long as none of its successors is used.
func (t *refreshToken) reused(now time.Time, leeway time.Duration) bool {
	if t.Used.IsZero() {
		return false
	}
	since := now.Sub(t.Used)
	return t.Past || since < 0 || since >= leeway
}

// endFamily makes all tokens of the family worthless.
func (s *store) endFamily(f *refreshFamily) {
	f.Ended = true
	s.deactivate(f.refreshOwner, func(t *refreshToken) bool { return t.Family == f })
}

// endFamilies ends those that match.
func (s *store) endFamilies(match func(*refreshFamily) bool) {
	for _, t := range s.refreshTokens {
		if !t.Family.Ended && match(t.Family) {
			s.endFamily(t.Family)
		}
	}
}

// deactivate takes tokens out of those that can be used.
func (s *store) deactivate(owner refreshOwner, gone func(*refreshToken) bool) {
	left := slices.DeleteFunc(s.refreshActive[owner], gone)
	if len(left) == 0 {
		delete(s.refreshActive, owner)
		return
	}
	s.refreshActive[owner] = left
}

// refreshOver reports whether the family has reached its absolute or its idle
// lifetime, by what the application's settings are now.
func (s *store) refreshOver(f *refreshFamily, now time.Time) bool {
	app, known := s.apps[f.ClientID]
	if !known {
		return true
	}
	absolute, idle := app.RefreshToken.lifetimes()
	return app.RefreshToken.expires() && (now.Sub(f.Started) >= absolute || now.Sub(f.Used) >= idle)
}

// refreshTokensOf counts the refresh tokens of a user that can be used.
func (s *store) refreshTokensOf(userID string, now time.Time) int {
	count := 0
	for owner, active := range s.refreshActive {
		for _, t := range active {
			if owner.UserID == userID && !s.refreshOver(t.Family, now) {
				count++
			}
		}
	}
	return count
}

// sweepRefreshTokens forgets the families whose time is over.
func (s *store) sweepRefreshTokens(now time.Time) {
	maps.DeleteFunc(s.refreshTokens, func(_ string, t *refreshToken) bool {
		over := s.refreshOver(t.Family, now)
		if over && !t.Family.Ended {
			s.endFamily(t.Family)
		}
		return over
	})
}
