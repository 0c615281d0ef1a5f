package session

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

func TestSignInAndValues(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.visit(func(s *Session, _ http.ResponseWriter) {
		if s.SignedIn() || s.HadCookie() || s.User() != (account.User{}) || !s.Access().Token.IsZero() {
			t.Error("a visitor has something")
		}
		s.SetNotice("x", nil)
		s.SetEnrolment(enrolment())
		s.KeepRecoveryCode(secret.New("code"))
		if _, _, ok := s.TakeNotice(); ok {
			t.Error("a visitor keeps something")
		}
	})
	if len(b.last) != 0 || w.backend.puts.Load() != 0 {
		t.Error("ME-04: a visitor got a cookie or a record")
	}
	b.signIn(ada())
	w.clock.advance(time.Second)
	b.visit(func(s *Session, _ http.ResponseWriter) {
		if s.User() != ada() || s.Access().Token.Reveal() != "canary-access-token" || s.Access().SID != "canary-sid" {
			t.Errorf("user %+v access %+v", s.User(), s.Access())
		}
		want := account.Proof{At: start(), MFA: true, Strong: true}
		if s.Access().Proof != want || !s.Access().Expires.Equal(start().Add(10*time.Minute)) {
			t.Errorf("access %+v", s.Access())
		}
	})
	if len(b.last) != 0 || w.backend.puts.Load() != 1 || w.backend.touches.Load() != 0 {
		t.Error("a plain page view wrote something")
	}
}

func TestUserOfAnotherIssuer(t *testing.T) {
	w := newWorld(t)
	for _, u := range []account.User{{Issuer: "https://evil/", Subject: "x"}, {Issuer: issuer}, {}} {
		w.browser().visit(func(s *Session, rw http.ResponseWriter) {
			if err := s.SignIn(rw, u, account.Access{}); err == nil || s.SignedIn() {
				t.Errorf("OP-32: %+v signed in", u)
			}
		})
	}
}

func TestCookieAttributes(t *testing.T) {
	for _, c := range []struct {
		name         string
		change       func(*Options)
		session, tx  string // expected names
		path, secure string
	}{
		{"SE-01 own host", func(*Options) {}, "__Host-mss", "__Host-msst_", "/", "; Secure"},
		{"SE-01 prefix", func(o *Options) { o.PrefixPath = "/security/" }, "__Secure-mss", "__Secure-msst_", "/security", "; Secure"},
		{"SE-01 dev", func(o *Options) { o.HTTPS = false }, "mss_dev", "msst_dev_", "/", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.change)
			lines := func(do func(s *Session, rw http.ResponseWriter)) []string {
				rw := httptest.NewRecorder()
				s, err := w.Open(rw, httptest.NewRequest(http.MethodGet, "/", nil), false)
				if err != nil {
					t.Fatal(err)
				}
				do(s, rw)
				return rw.Header()["Set-Cookie"]
			}
			attributes := "; Path=" + c.path + "%s; HttpOnly" + c.secure + "; SameSite=Lax"
			want := func(what string, lines []string, name string, length int, age string) {
				t.Helper()
				if len(lines) != 1 {
					t.Fatalf("%s: %q", what, lines)
				}
				value, rest, _ := strings.Cut(strings.TrimPrefix(lines[0], name+"="), ";")
				if !strings.HasPrefix(lines[0], name+"=") || len(value) != length || ";"+rest != fmt.Sprintf(attributes, age) {
					t.Errorf("%s: %q", what, lines[0])
				}
				if len(lines[0]) > 200 || len(name)+1+len(value) > 200 {
					t.Errorf("SE-02 %s: %d bytes", what, len(lines[0]))
				}
			}
			big := ada()
			big.Name = strings.Repeat("n", 10_000)
			want("session", lines(func(s *Session, rw http.ResponseWriter) {
				if err := s.SignIn(rw, big, access(start())); err != nil {
					t.Fatal(err)
				}
			}), c.session, 64, "")
			want("sign-out", lines(func(s *Session, rw http.ResponseWriter) {
				if err := s.SignOut(rw); err != nil {
					t.Fatal(err)
				}
			}), c.session, 0, "; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0")
			tx := NewTransaction()
			name := w.cookieOf(tx.State)
			if !strings.HasPrefix(name, c.tx) || len(name) != len(c.tx)+8 {
				t.Errorf("transaction cookie %q", name)
			}
			want("transaction", lines(func(_ *Session, rw http.ResponseWriter) {
				if err := w.Begin(rw, httptest.NewRequest(http.MethodGet, "/", nil), tx); err != nil {
					t.Fatal(err)
				}
			}), name, 64, "; Max-Age=600")
		})
	}
}

func TestOptionsRefused(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*Options){
		"no backend":                func(o *Options) { o.Backend = nil },
		"no issuer":                 func(o *Options) { o.Issuer = "" },
		"no keys":                   func(o *Options) { o.Keys = nil },
		"short key":                 func(o *Options) { o.Keys = []secret.Secret{secret.New("AAAA")} },
		"key that is not base64":    func(o *Options) { o.Keys = []secret.Secret{key(1), secret.New("hunter2-hunter2")} },
		"prefix without last slash": func(o *Options) { o.PrefixPath = "/security" },
	} {
		o := w.options
		change(&o)
		if _, err := NewManager(o); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFormToken(t *testing.T) {
	w := newWorld(t)
	b, other := w.browser(), w.browser()
	b.signIn(ada())
	other.signIn(ada())
	var token, foreign string
	b.visit(func(s *Session, _ http.ResponseWriter) { token = s.FormToken() })
	other.visit(func(s *Session, _ http.ResponseWriter) { foreign = s.FormToken() })
	b.visit(func(s *Session, _ http.ResponseWriter) {
		if !s.ValidFormToken(token) || len(token) != 43 {
			t.Error("CS-03: own token refused")
		}
		for _, bad := range []string{"", foreign, token[:42], token + "A", strings.ToLower(token)} {
			if s.ValidFormToken(bad) {
				t.Errorf("CS-03: %q accepted", bad)
			}
		}
	})
	w.browser().visit(func(s *Session, _ http.ResponseWriter) {
		if s.FormToken() != "" || s.ValidFormToken("") || s.ValidFormToken(token) {
			t.Error("CS-03: a visitor has a token")
		}
	})
}

func TestRecoveryCode(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	step := func(do func(s *Session)) { t.Helper(); b.visit(func(s *Session, _ http.ResponseWriter) { do(s) }) }
	want := func(shown, due bool) {
		t.Helper()
		step(func(s *Session) {
			code, held := s.RecoveryCode()
			if must, isDue := s.DueRecoveryCode(); isDue != due || due && must != code || !due && !must.Code.IsZero() {
				t.Errorf("MF-22: to be saved: %+v, %v", must, isDue)
			}
			if !held || code.Due != due || code.Code.Reveal() != "abc" || !code.Received.Equal(start()) {
				t.Errorf("MF-22: %+v, %v", code, held)
			}
			if got := s.TakeReveal(); got != shown {
				t.Errorf("MF-22: shown %v", got)
			}
		})
	}
	step(func(s *Session) {
		s.MarkRecoveryDue() // without a code nothing happens
		s.AllowReveal()
		_, due := s.DueRecoveryCode()
		if _, held := s.RecoveryCode(); held || due || s.TakeReveal() {
			t.Error("a code out of nothing")
		}
		s.KeepRecoveryCode(secret.New("abc"))
		s.KeepRecoveryCode(secret.Secret{})
	})
	want(false, false)
	step(func(s *Session) { s.MarkRecoveryDue() })
	want(true, true)
	want(false, true) // reload
	step(func(s *Session) { s.MarkRecoveryDue() })
	want(false, true) // a double click permits nothing
	step(func(s *Session) { s.AllowReveal() })
	want(true, true)
	step(func(s *Session) { s.RecoverySaved() })
	step(func(s *Session) {
		s.AllowReveal()
		if _, held := s.RecoveryCode(); held || s.TakeReveal() {
			t.Error("MF-22: shown after it was saved")
		}
	})
}

func TestMarkAccessDead(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	w.clock.advance(time.Minute)
	b.visit(func(s *Session, _ http.ResponseWriter) { s.MarkAccessDead() })
	b.visit(func(s *Session, _ http.ResponseWriter) {
		a := s.Access()
		if !a.Token.IsZero() || !a.Expires.Equal(w.clock.now()) || !a.Proof.Strong || a.SID == "" || !s.SignedIn() {
			t.Errorf("UP-07: %+v", a)
		}
		s.MarkAccessDead()
		if !s.Access().Expires.Equal(a.Expires) {
			t.Error("UP-07: the end moved")
		}
	})
}

func TestValuesAreCopies(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	b.visit(func(s *Session, _ http.ResponseWriter) {
		args := map[string]string{"a": "1"}
		e := enrolment()
		s.SetNotice("x", args)
		s.SetEnrolment(e)
		args["a"], e.Key.Drift[0] = "2", 99
		got, _ := s.Enrolment(account.MethodApp)
		got.Key.Drift[1] = 99
		if again, _ := s.Enrolment(account.MethodApp); fmt.Sprint(again.Key.Drift) != "[2 7]" {
			t.Error(again.Key.Drift)
		}
		if _, args, _ := s.TakeNotice(); args["a"] != "1" {
			t.Error(args)
		}
		if _, _, ok := s.TakeNotice(); ok {
			t.Error("taken twice")
		}
	})
}
