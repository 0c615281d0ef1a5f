package session

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mysecurity/internal/secret"
)

func (b *browser) begin(tx Transaction) {
	b.t.Helper()
	rw := httptest.NewRecorder()
	if err := b.m.Begin(rw, b.request(), tx); err != nil {
		b.t.Fatal(err)
	}
	b.receive(rw)
}

func (b *browser) finish(state string) (Transaction, error) {
	b.t.Helper()
	rw := httptest.NewRecorder()
	tx, err := b.m.Finish(rw, b.request(), state)
	b.receive(rw)
	return tx, err
}

func TestTransaction(t *testing.T) {
	t.Run("comes back whole, once", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		tx := NewTransaction()
		tx.MaxAge, tx.Page, tx.Method, tx.StepUpFor = time.Hour, "remove", "h1", ada()
		b.begin(tx)
		tx.Started = start()
		replay := b.copy()
		got, err := b.finish(tx.State)
		if err != nil || !got.Started.Equal(start()) {
			t.Fatal(err, got.Started)
		}
		got.Started = start()
		if got != tx {
			t.Errorf("got %+v", got)
		}
		if len(b.cookies) != 0 {
			t.Error("cookie left")
		}
		for _, again := range []*browser{b, replay} {
			if _, err := again.finish(tx.State); !errors.Is(err, ErrNoTransaction) {
				t.Errorf("OP-40: %v", err)
			}
		}
	})
	t.Run("OP-24 of another browser", func(t *testing.T) {
		w := newWorld(t)
		a, b := w.browser(), w.browser()
		tx := NewTransaction()
		a.begin(tx)
		b.begin(NewTransaction())
		for _, state := range []string{tx.State, "", "unknown", NewTransaction().State} {
			if _, err := b.finish(state); !errors.Is(err, ErrNoTransaction) {
				t.Errorf("%q: %v", state, err)
			}
		}
		if _, err := a.finish(tx.State); err != nil {
			t.Error("the rightful browser:", err)
		}
	})
	t.Run("OP-24 cookie moved under another state's name", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		tx := NewTransaction()
		b.begin(tx)
		b.cookies[w.cookieOf("evil")] = b.cookies[w.cookieOf(tx.State)]
		if _, err := b.finish("evil"); !errors.Is(err, ErrNoTransaction) {
			t.Error(err)
		}
	})
	t.Run("malformed, unknown and repeated cookies", func(t *testing.T) {
		w := newWorld(t)
		tx := NewTransaction()
		name := w.cookieOf(tx.State)
		for _, header := range []string{name + "=x", name + "=" + newTicket().encode(), name + "=a; " + name + "=b"} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Cookie", header)
			rw := httptest.NewRecorder()
			if _, err := w.Finish(rw, r, tx.State); !errors.Is(err, ErrNoTransaction) || len(rw.Result().Cookies()) != 1 {
				t.Errorf("%s: %v", header, err)
			}
		}
	})
	t.Run("ten minutes", func(t *testing.T) {
		for wait, ok := range map[time.Duration]bool{10*time.Minute - time.Second: true, 10 * time.Minute: false} {
			w := newWorld(t)
			b := w.browser()
			tx := NewTransaction()
			b.begin(tx)
			w.clock.advance(wait)
			if _, err := b.finish(tx.State); (err == nil) != ok {
				t.Errorf("after %v: %v", wait, err)
			}
		}
	})
	t.Run("RC-07 twice at once", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		tx := NewTransaction()
		b.begin(tx)
		var wins atomic.Int32
		var group sync.WaitGroup
		for range 30 {
			r := b.request()
			group.Go(func() {
				switch _, err := w.Finish(httptest.NewRecorder(), r, tx.State); {
				case err == nil:
					wins.Add(1)
				case !errors.Is(err, ErrNoTransaction):
					t.Error(err)
				}
			})
		}
		group.Wait()
		if wins.Load() != 1 {
			t.Errorf("%d winners", wins.Load())
		}
	})
	t.Run("store in trouble", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser()
		tx := NewTransaction()
		b.begin(tx)
		w.backend.fail = errors.New("refused")
		if _, err := b.finish(tx.State); err == nil || errors.Is(err, ErrNoTransaction) || len(b.cookies) != 1 {
			t.Errorf("%v, cookies %v", err, b.cookies)
		}
		if err := w.Begin(httptest.NewRecorder(), b.request(), NewTransaction()); err == nil {
			t.Error("begun without a store")
		}
	})
	t.Run("incomplete ones are not begun", func(t *testing.T) {
		w := newWorld(t)
		for _, tx := range []Transaction{
			{},
			{State: "s", Nonce: "n"},
			{State: "s", Verifier: secret.New("v")},
			{Nonce: "n", Verifier: secret.New("v")},
		} {
			if err := w.Begin(httptest.NewRecorder(), w.browser().request(), tx); err == nil {
				t.Errorf("%+v", tx)
			}
		}
	})
}

func TestNewTransactionIsRandom(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		tx := NewTransaction()
		for _, v := range []string{tx.State, tx.Nonce, tx.Verifier.Reveal()} {
			if len(v) != 43 || seen[v] { // 43 is also the least that RFC 7636 permits for a verifier
				t.Fatalf("%q", v)
			}
			seen[v] = true
		}
	}
}

func TestFiveSignIns(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	var all []Transaction
	for range 5 {
		tx := NewTransaction()
		all = append(all, tx)
		b.begin(tx)
		w.clock.advance(time.Second)
	}
	size := 0
	for name, value := range b.cookies {
		size += len(name) + len(value) + 3
	}
	if len(b.cookies) != 3 || size >= 4096 {
		t.Fatalf("SE-16: %d cookies, %d bytes", len(b.cookies), size)
	}
	for _, i := range []int{3, 0, 4, 1, 2} {
		_, err := b.finish(all[i].State)
		if wantErr := i < 2; errors.Is(err, ErrNoTransaction) != wantErr || !wantErr && err != nil {
			t.Errorf("SE-16: transaction %d: %v", i, err)
		}
	}
	if n, err := w.sweep(); n != 0 || err != nil {
		t.Errorf("SE-16: %d records left", n)
	}
}

func TestDeadTransactionCookiesMakeRoom(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	live := NewTransaction()
	b.begin(live)
	for i := range 6 {
		b.cookies[fmt.Sprintf("__Host-msst_dead%04d", i)] = newTicket().encode()
	}
	b.cookies["__Host-msst_malforme"] = "x"
	b.begin(NewTransaction())
	if len(b.cookies) != 2 {
		t.Errorf("SE-16: %v", b.cookies)
	}
	if _, err := b.finish(live.State); err != nil {
		t.Error("SE-16: a live one was dropped:", err)
	}
}

func TestTransactionCookieFlood(t *testing.T) {
	w := newWorld(t)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	var header strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&header, "__Host-msst_%08d=%s; ", i, newTicket().encode())
	}
	r.Header.Set("Cookie", header.String())
	if err := w.Begin(httptest.NewRecorder(), r, NewTransaction()); err != nil {
		t.Fatal(err)
	}
	if n := w.backend.gets.Load(); n > transactionCookies {
		t.Errorf("ME-03: %d look-ups", n)
	}
}

func TestStartsAreBounded(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.begin(NewTransaction())
	w.begun.Store(transactionsBegun)
	if err := w.Begin(httptest.NewRecorder(), b.request(), NewTransaction()); !errors.Is(err, ErrTooMany) {
		t.Errorf("ME-04: %v", err)
	}
	w.clock.advance(transactionLife)
	b.begin(NewTransaction())
	if n, err := w.sweep(); n != 1 || err != nil {
		t.Errorf("ME-04: swept %d, %v", n, err)
	}
}
