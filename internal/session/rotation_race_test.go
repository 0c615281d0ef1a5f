package session

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"mysecurity/internal/account"
)

// TestRotationAtOnce is RC-11: right after a change of the keys each session is
// sealed anew by whoever comes first, and 500 requests at once neither fail nor see
// anybody else. Configuration is read at a start only, so there is no other reload.
func TestRotationAtOnce(t *testing.T) {
	w := newWorld(t)
	users := []account.User{ada(), bruno()}
	people := make([]*browser, 10)
	for i := range people {
		people[i] = w.browser()
		people[i].signIn(users[i%len(users)])
	}
	w.restart(key(2), key(1))
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range 500 {
		r, user := people[i%len(people)].request(), users[i%len(people)%len(users)]
		all.Go(func() {
			<-start
			rw := httptest.NewRecorder()
			changes := i%7 == 0 // and so has the session to itself
			s, err := w.Open(rw, r, changes)
			if err != nil {
				t.Errorf("RC-11: %v", err)
				return
			}
			defer s.Close()
			if changes {
				s.SetNotice("removed", nil)
			}
			if err := s.Commit(rw); err != nil || s.User() != user || len(rw.Result().Cookies()) > 0 {
				t.Errorf("RC-11: %v, the user of a session is %q, cookies %v", err, s.User().Subject, rw.Result().Cookies())
			}
		})
	}
	close(start)
	all.Wait()
	w.restart(key(2))
	for i, b := range people {
		b.m = w.Manager
		b.visit(func(s *Session, _ http.ResponseWriter) {
			if s.User() != users[i%len(users)] {
				t.Errorf("RC-11: session %d is not sealed with the new key", i)
			}
		})
	}
}
