package session

import (
	"net/http"
	"testing"

	"mysecurity/internal/account"
)

// TestAuditNames (SL-10): names depend on the newest key and on nothing else that
// changes, differ for users and sessions, and a session's outlives its end by the
// rest of the request.
func TestAuditNames(t *testing.T) {
	w := newWorld(t)
	if w.UserName(account.User{}) != "" || w.UserName(ada()) == w.UserName(bruno()) || len(w.UserName(ada())) != 16 {
		t.Error("SL-10: names of users")
	}
	b := w.browser()
	b.signIn(ada())
	name := ""
	b.visit(func(s *Session, _ http.ResponseWriter) { name = s.AuditName() })
	b.visit(func(s *Session, rw http.ResponseWriter) {
		if name == "" || s.AuditName() != name {
			t.Errorf("SL-10: the session is %q, then %q", name, s.AuditName())
		}
		if err := s.SignOut(rw); err != nil || s.AuditName() != name {
			t.Errorf("SL-10: after its end the session is %q, was %q (%v)", s.AuditName(), name, err)
		}
	})
	b.visit(func(s *Session, _ http.ResponseWriter) {
		if s.AuditName() != "" {
			t.Error("SL-10: a visitor has the name of a session")
		}
	})
	before := w.UserName(ada())
	w.restart(key(9), w.options.Keys[0])
	if w.UserName(ada()) == before {
		t.Error("SL-10: the name does not depend on the newest key")
	}
}
