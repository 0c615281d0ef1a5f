package session

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

func TestTicketsAreRandom(t *testing.T) {
	t.Parallel()
	const n = 100_000
	seen := make(map[Key]bool, n)
	var ones [48 * 8]int
	for range n {
		tk := newTicket()
		if len(tk.encode()) != ticketLength {
			t.Fatal("SE-03: length")
		}
		seen[tk.recordKey()] = true
		for i, b := range append(tk.id[:], tk.key[:]...) {
			for bit := range 8 {
				ones[i*8+bit] += int(b >> bit & 1)
			}
		}
	}
	if len(seen) != n {
		t.Errorf("SE-03: %d different names", len(seen))
	}
	for i, count := range ones { // six standard deviations of a fair coin
		if count < n/2-950 || count > n/2+950 {
			t.Errorf("SE-03: bit %d is set %d times of %d", i, count, n)
		}
	}
}

func TestHostileCookies(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	good := b.cookies[host]
	flip := func(at int) string {
		c := byte('A')
		if good[at] == 'A' {
			c = 'B'
		}
		return good[:at] + string(c) + good[at+1:]
	}
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string]string{
		"SE-04 truncated":         host + "=" + good[:63],
		"SE-04 extended":          host + "=" + good + "A",
		"SE-04 flipped in name":   host + "=" + flip(3),
		"SE-04 flipped in key":    host + "=" + flip(60),
		"SE-04 wrong case":        host + "=" + strings.Map(swapCase, good),
		"SE-04 other alphabet":    host + "=" + base64.StdEncoding.EncodeToString(append(raw[:47], 0xff)),
		"SE-04 hex":               host + "=" + hex.EncodeToString(raw[:32]),
		"SE-04 padding":           host + "=" + good[:63] + "=",
		"SE-04 inner space":       host + "=" + good[:30] + " " + good[31:],
		"SE-04 quoted":            host + `="` + good + `"`,
		"SE-04 empty":             host + "=",
		"SE-04 4 KB":              host + "=" + strings.Repeat(good, 64),
		"SE-04 unknown":           host + "=" + newTicket().encode(),
		"SE-04 sent twice":        host + "=" + good + "; " + host + "=" + good,
		"SE-04 sent twice, other": host + "=" + newTicket().encode() + "; " + host + "=" + good,
	} {
		t.Run(name, func(t *testing.T) {
			for _, exclusive := range []bool{false, true} {
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				r.Header.Set("Cookie", header)
				rw := httptest.NewRecorder()
				s, err := w.Open(rw, r, exclusive)
				if err != nil {
					t.Fatal(err)
				}
				s.Close()
				set := rw.Result().Cookies()
				if s.SignedIn() || !s.HadCookie() || len(set) != 1 || set[0].Name != host || set[0].MaxAge >= 0 {
					t.Errorf("signed in %v, had cookie %v, set %v", s.SignedIn(), s.HadCookie(), set)
				}
			}
		})
	}
	b.wantSignedIn(true, "the rightful owner is not disturbed")
}

func swapCase(c rune) rune {
	switch {
	case c >= 'a' && c <= 'z':
		return c - 'a' + 'A'
	case c >= 'A' && c <= 'Z':
		return c - 'A' + 'a'
	}
	return c
}

// TestMalformedNeverReachesTheStore: exact length and alphabet come first.
func TestMalformedNeverReachesTheStore(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	for _, bad := range []string{"x", strings.Repeat("A", 63), strings.Repeat("A", 65), strings.Repeat("!", 64)} {
		b.cookies[host] = bad
		b.visit(nil)
	}
	if n := w.backend.gets.Load(); n != 0 {
		t.Errorf("SE-04: %d look-ups", n)
	}
}

func TestAnswerToACookieIsNotTwoCookies(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.cookies[host] = newTicket().encode()
	b.visit(func(s *Session, rw http.ResponseWriter) {
		http.SetCookie(rw, &http.Cookie{Name: "lang", Value: "fr"})
		if err := s.SignIn(rw, ada(), access(start())); err != nil {
			t.Fatal(err)
		}
	})
	if len(b.last) != 2 || b.last[0].Name != "lang" || b.last[1].Name != host || b.last[1].MaxAge < 0 {
		t.Errorf("clearing and setting in one answer: %v", b.last)
	}
}

func TestRecordsAreBoundToTheirPlace(t *testing.T) {
	w := newWorld(t)
	a, b := w.browser(), w.browser()
	a.signIn(ada())
	b.signIn(bruno())
	stolen, err := w.backend.Get(t.Context(), Sessions, recordOf(t, a))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.backend.Put(t.Context(), Sessions, recordOf(t, b), stolen, 1); err != nil {
		t.Fatal(err)
	}
	victim := b.copy()
	victim.wantSignedIn(false, "SE-09")
	if !strings.Contains(w.log.String(), `"level":"WARN"`) || !strings.Contains(w.log.String(), "seal does not match") {
		t.Errorf("SE-09: no alarm: %s", w.log)
	}
	a.wantSignedIn(true, "SE-09: the other session")

	t.Run("SE-09 also with the owner's key", func(t *testing.T) {
		ring := w.store.ring
		k1, k2 := Key{1}, Key{2}
		blob, err := ring.seal(Sessions, k1, []byte("owner"), []byte("text"))
		if err != nil {
			t.Fatal(err)
		}
		if plain, _, err := ring.open(Sessions, k1, []byte("owner"), blob); err != nil || string(plain) != "text" {
			t.Fatal(err)
		}
		for name, try := range map[string]func() error{
			"other name":   func() error { _, _, err := ring.open(Sessions, k2, []byte("owner"), blob); return err },
			"other bucket": func() error { _, _, err := ring.open(Transactions, k1, []byte("owner"), blob); return err },
			"other owner":  func() error { _, _, err := ring.open(Sessions, k1, []byte("thief"), blob); return err },
			"no owner":     func() error { _, _, err := ring.open(Sessions, k1, nil, blob); return err },
			"cut":          func() error { _, _, err := ring.open(Sessions, k1, []byte("owner"), blob[:20]); return err },
			"empty":        func() error { _, _, err := ring.open(Sessions, k1, []byte("owner"), nil); return err },
		} {
			if try() == nil {
				t.Errorf("SE-09: %s opens", name)
			}
		}
	})
}

// TestOtherPortal covers what must not carry over: EM-08, OP-32, another mode.
func TestOtherPortal(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"EM-08 OP-32 other issuer": func(o *Options) { o.Issuer = "http://localhost:8081/" },
		"EM-08 other mode":         func(o *Options) { o.Mode = "development" },
		"other server key":         func(o *Options) { o.Keys = []secret.Secret{key(9)} },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.browser()
			b.signIn(ada())
			tx := NewTransaction()
			b.begin(tx)
			again := w.options
			change(&again)
			b.m = w.manager(again)
			b.wantSignedIn(false, name)
			if _, err := b.finish(tx.State); err == nil {
				t.Error("the transaction carried over")
			}
		})
	}
}

func TestKeyRing(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Keys = []secret.Secret{key(1)} })
	b := w.browser()
	b.signIn(ada())
	b.visit(func(s *Session, _ http.ResponseWriter) { s.SetNotice("kept", nil) })
	with := func(keys ...secret.Secret) *Manager {
		o := w.options
		o.Keys = keys
		return w.manager(o)
	}
	b.m = with(key(2), key(1))
	b.wantSignedIn(true, "SE-12: old key still in the ring")
	b.m = with(key(2))
	b.wantSignedIn(true, "SE-12: sealed again with the newest")
	b.visit(func(s *Session, _ http.ResponseWriter) {
		if kind, _, _ := s.TakeNotice(); kind != "kept" {
			t.Error("SE-12: content lost")
		}
	})
	b.m = with(key(1))
	b.wantSignedIn(false, "SE-12: removed key")
	if b.cookies[host] != "" {
		t.Error("SE-12: cookie left")
	}
}

// TestKeyRingInParallel: sealing again gives way to a real change.
func TestKeyRingInParallel(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	o := w.options
	o.Keys = []secret.Secret{key(2), key(1)}
	b.m = w.manager(o)
	rw := httptest.NewRecorder()
	view, err := b.m.Open(rw, b.request(), false)
	if err != nil {
		t.Fatal(err)
	}
	b.visit(func(s *Session, _ http.ResponseWriter) { s.SetEnrolment(enrolment()) })
	if err := view.Commit(rw); err != nil {
		t.Fatal("SE-12:", err)
	}
	b.visit(func(s *Session, _ http.ResponseWriter) {
		if _, live := s.Enrolment(account.MethodApp); !live {
			t.Error("SE-12: sealing again undid a change")
		}
	})
}

func TestGarbageInTheStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seal := func(b *browser, plain []byte) []byte {
		tk, _ := parseTicket(b.cookies[host])
		blob, err := w.store.ring.seal(Sessions, tk.recordKey(), tk.key[:], plain)
		if err != nil {
			t.Fatal(err)
		}
		return blob
	}
	for name, blob := range map[string]func(b *browser) []byte{
		"SE-13 empty":             func(*browser) []byte { return nil },
		"SE-13 garbage":           func(*browser) []byte { return bytes.Repeat([]byte("garbage"), 100) },
		"SE-13 short":             func(*browser) []byte { return []byte("x") },
		"SE-13 sealed nothing":    func(b *browser) []byte { return seal(b, nil) },
		"SE-13 sealed zeros":      func(b *browser) []byte { return seal(b, make([]byte, 100)) },
		"SE-13 sealed, no start":  func(b *browser) []byte { return seal(b, encodeState(state{User: ada()})) },
		"SE-13 sealed, no user":   func(b *browser) []byte { return seal(b, encodeState(state{Started: start()})) },
		"SE-13 sealed half":       func(b *browser) []byte { return seal(b, encodeState(state{Started: start(), User: ada()})[:40]) },
		"SE-13 sealed wrong type": func(b *browser) []byte { return seal(b, []byte("canary-text")) },
		"SE-13 sealed transaction": func(b *browser) []byte {
			tx := NewTransaction()
			tx.Started = start()
			return seal(b, encodeTransaction(tx))
		},
		"SE-13 MI-15 newer schema": func(b *browser) []byte {
			tk, _ := parseTicket(b.cookies[host])
			aead, err := newAEAD(w.store.ring.keys[0], tk.key[:], Sessions)
			if err != nil {
				t.Fatal(err)
			}
			bound := w.store.ring.associated(Sessions, tk.recordKey())
			bound[3]++
			return aead.Seal(nil, nil, []byte(`{}`), bound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := w.browser()
			b.signIn(ada())
			rec := Record{Created: start(), Seen: start(), Expires: start().Add(time.Hour), Blob: blob(b)}
			if err := w.backend.Put(t.Context(), Sessions, recordOf(t, b), rec, 1); err != nil {
				t.Fatal(err)
			}
			b.visit(func(s *Session, _ http.ResponseWriter) {
				if s.SignedIn() || !s.HadCookie() || s.User() != (account.User{}) {
					t.Error("half a session")
				}
			})
		})
	}
	if strings.Contains(w.log.String(), "canary-text") {
		t.Error("SL-01: sealed content in the log")
	}
}

// TestNothingReadableInTheStore is SL-01 for the database file and the log: what
// is secret or personal is in neither, tickets only as hashes.
func TestNothingReadableInTheStore(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	var markers []string
	remember := func(texts ...string) { markers = append(markers, texts...) }

	tx := NewTransaction()
	tx.Page, tx.Method, tx.StepUpFor = "canary-page", "canary-handle", ada()
	b.begin(tx)
	remember(tx.State, tx.Nonce, tx.Verifier.Reveal(), tx.Page, tx.Method)
	for _, value := range b.cookies {
		remember(value)
	}
	b.signIn(ada())
	b.visit(func(s *Session, _ http.ResponseWriter) {
		fill(s)
		remember(s.FormToken())
	})
	remember(b.cookies[host])
	b.signInOffline(w)
	remember(b.cookies[host], "canary-refresh-token", "canary-nonce", "canary-access-token", "canary-sid", "canary-totp-secret", "canary-uri", "canary-recovery-code",
		"auth0|ada", "ada@example.com", "totp|dev_1", key(1).Reveal(), "owned-id")
	if _, err := w.Ledger().Sight(t.Context(), ada().Key(), []string{"totp|dev_1", "owned-id"}, start()); err != nil {
		t.Fatal(err)
	}
	thief := b.copy()
	thief.cookies[host] = thief.cookies[host][:40] + strings.Repeat("A", 24)
	thief.wantSignedIn(false, "wrong key")
	if err := w.backend.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(w.path)
	if err != nil {
		t.Fatal(err)
	}
	if len(content) < 1000 || w.log.Len() == 0 {
		t.Fatal("nothing to look at")
	}
	for _, m := range markers {
		forms := []string{m}
		if raw, err := base64.RawURLEncoding.DecodeString(m); err == nil && len(raw) >= 16 {
			forms = append(forms, string(raw), string(raw[:16]), string(raw[len(raw)-16:]))
		}
		for _, form := range forms {
			if bytes.Contains(content, []byte(form)) {
				t.Errorf("SL-01: %q is in the database file", m)
			}
			if strings.Contains(w.log.String(), form) {
				t.Errorf("SL-01: %q is in the log", m)
			}
		}
	}
}

// TestSameCallsForUnknownAndWrong keeps the two refusals alike: neither writes,
// and both read once.
func TestSameCallsForUnknownAndWrong(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.signIn(ada())
	wrong, unknown := b.copy(), w.browser()
	good, other := b.cookies[host], newTicket().encode()
	wrong.cookies[host] = good[:22] + other[22:] // the name takes the first 21 characters and a third of one
	unknown.cookies[host] = newTicket().encode()
	for name, x := range map[string]*browser{"wrong": wrong, "unknown": unknown} {
		gets, writes := w.backend.gets.Load(), w.backend.deletes.Load()+w.backend.puts.Load()+w.backend.touches.Load()
		x.wantSignedIn(false, name)
		if w.backend.gets.Load() != gets+1 || w.backend.deletes.Load()+w.backend.puts.Load()+w.backend.touches.Load() != writes {
			t.Errorf("SE-04: %s ticket does something else", name)
		}
	}
}
