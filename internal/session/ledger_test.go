package session

import (
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

// book is a ledger under test, for one user.
type book struct {
	*Ledger
	t    *testing.T
	w    *world
	user string
}

func (b book) sight(ids ...string) map[string]account.LedgerEntry {
	b.t.Helper()
	got, err := b.Sight(b.t.Context(), b.user, ids, b.w.clock.now())
	if err != nil {
		b.t.Fatal(err)
	}
	if len(got) != len(ids) {
		b.t.Fatalf("asked for %v, got %v", ids, got)
	}
	return got
}

func (b book) own(id string, until time.Time) {
	b.t.Helper()
	if err := b.Own(b.t.Context(), b.user, id, until); err != nil {
		b.t.Fatal(err)
	}
}

func newBook(t *testing.T) book {
	w := newWorld(t)
	return book{w.Ledger(), t, w, ada().Key()}
}

func TestLedger(t *testing.T) {
	t.Parallel()
	t.Run("MF-20 first sight stays", func(t *testing.T) {
		b := newBook(t)
		b.sight("a")
		b.w.clock.advance(time.Minute)
		got := b.sight("a", "b")
		if !got["a"].FirstSeen.Equal(start()) || !got["b"].FirstSeen.Equal(start().Add(time.Minute)) || !got["a"].OwnedUntil.IsZero() {
			t.Error(got)
		}
	})
	t.Run("MF-20 what is gone from the list is forgotten", func(t *testing.T) {
		b := newBook(t)
		b.sight("a", "b")
		b.w.clock.advance(time.Minute)
		b.sight("b")
		b.w.clock.advance(time.Minute)
		if got := b.sight("a", "b"); !got["a"].FirstSeen.Equal(b.w.clock.now()) || !got["b"].FirstSeen.Equal(start()) {
			t.Error(got)
		}
	})
	t.Run("MF-20 an owned id survives a list that was read earlier", func(t *testing.T) {
		b := newBook(t)
		until := start().Add(time.Hour)
		b.own("a", until)
		b.sight()
		if got := b.sight("a"); !got["a"].FirstSeen.Equal(start()) || !got["a"].OwnedUntil.Equal(until) {
			t.Error(got)
		}
		b.w.clock.advance(time.Hour)
		b.sight()
		if got := b.sight("a"); !got["a"].OwnedUntil.IsZero() || !got["a"].FirstSeen.Equal(b.w.clock.now()) {
			t.Error("ownership ended, but the entry stayed:", got)
		}
	})
	t.Run("MF-20 release", func(t *testing.T) {
		b := newBook(t)
		b.own("a", start().Add(time.Hour))
		for range 2 {
			if err := b.Release(t.Context(), b.user, "a"); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Release(t.Context(), b.user, "unknown"); err != nil {
			t.Fatal(err)
		}
		if got := b.sight("a"); !got["a"].OwnedUntil.IsZero() || !got["a"].FirstSeen.Equal(start()) {
			t.Error(got)
		}
	})
	t.Run("users are apart", func(t *testing.T) {
		b := newBook(t)
		b.sight("a")
		b.w.clock.advance(time.Minute)
		b.user = bruno().Key()
		if got := b.sight("a"); !got["a"].FirstSeen.Equal(b.w.clock.now()) {
			t.Error(got)
		}
	})
	t.Run("nothing new is not written", func(t *testing.T) {
		b := newBook(t)
		b.sight()
		b.sight("a")
		b.sight("a")
		if n := b.w.backend.puts.Load(); n != 1 {
			t.Errorf("%d writes", n)
		}
	})
	t.Run("an empty ledger leaves with the next sweep", func(t *testing.T) {
		b := newBook(t)
		b.sight("a")
		b.sight()
		if n, err := b.w.sweep(); n != 1 || err != nil {
			t.Error(n, err)
		}
		b.sight("a")
	})
	t.Run("thirty days", func(t *testing.T) {
		b := newBook(t)
		b.sight("a")
		b.w.clock.advance(ledgerLife)
		if got := b.sight("a"); !got["a"].FirstSeen.Equal(b.w.clock.now()) {
			t.Error(got)
		}
		b.w.clock.advance(ledgerLife - time.Second)
		if n, _ := b.w.sweep(); n != 0 {
			t.Error("swept early")
		}
		b.w.clock.advance(time.Second)
		if n, _ := b.w.sweep(); n != 1 {
			t.Error("not swept")
		}
	})
	t.Run("a record that does not open counts as empty", func(t *testing.T) {
		b := newBook(t)
		k := Key(b.store.ring.tag("ledger", b.user))
		for _, plain := range []string{"null", "[]", `{"a":7}`} {
			blob, err := b.store.ring.seal(Enrolments, k, nil, []byte(plain))
			if err != nil {
				t.Fatal(err)
			}
			for _, bad := range [][]byte{blob, nil, []byte("garbage")} {
				_ = b.w.backend.Delete(t.Context(), Enrolments, k)
				rec := sample(1)
				rec.Expires, rec.Blob = start().Add(time.Hour), bad
				if err := b.w.backend.Put(t.Context(), Enrolments, k, rec, 0); err != nil {
					t.Fatal(err)
				}
				b.sight("a")
			}
		}
	})
	t.Run("parallel requests lose nothing", func(t *testing.T) {
		b := newBook(t)
		var group sync.WaitGroup
		for i := range 4 { // a person's tabs, not an attack
			group.Go(func() { b.own(fmt.Sprint("id", i), start().Add(time.Hour)) })
		}
		group.Wait()
		for id, e := range b.sight("id0", "id1", "id2", "id3") {
			if e.OwnedUntil.IsZero() {
				t.Errorf("RC-03: %s was lost", id)
			}
		}
	})
	t.Run("without its server key it starts anew", func(t *testing.T) {
		b := newBook(t)
		b.sight("a")
		b.w.clock.advance(time.Minute)
		o := b.w.options
		o.Keys = []secret.Secret{key(2)}
		b.Ledger = b.w.manager(o).Ledger()
		if got := b.sight("a"); !got["a"].FirstSeen.Equal(b.w.clock.now()) {
			t.Error(got)
		}
	})
}

// pairs returns what is remembered for the book's user.
func (b book) pairs() map[string]string {
	b.t.Helper()
	got, err := b.Pairs(b.t.Context(), b.user)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

func (b book) pair(push, app string) {
	b.t.Helper()
	if err := b.Pair(b.t.Context(), b.user, push, app); err != nil {
		b.t.Fatal(err)
	}
}

func TestPairs(t *testing.T) {
	t.Parallel()
	t.Run("kept beside the entries", func(t *testing.T) {
		b := newBook(t)
		b.sight("a")
		b.pair("push|1", "totp|1")
		b.pair("push|2", "totp|2")
		b.own("b", start().Add(time.Hour))
		b.sight()
		if got := b.pairs(); !maps.Equal(got, map[string]string{"push|1": "totp|1", "push|2": "totp|2"}) {
			t.Error(got)
		}
	})
	t.Run("nobody is in two pairs", func(t *testing.T) {
		b := newBook(t)
		b.pair("push|1", "totp|1")
		b.pair("push|1", "totp|2")
		b.pair("push|3", "totp|2")
		if got := b.pairs(); !maps.Equal(got, map[string]string{"push|3": "totp|2"}) {
			t.Error(got)
		}
	})
	t.Run("the same again is not written", func(t *testing.T) {
		b := newBook(t)
		b.pair("push|1", "totp|1")
		b.pair("push|1", "totp|1")
		if n := b.w.backend.puts.Load(); n != 1 {
			t.Errorf("%d writes", n)
		}
	})
	t.Run("bounded, the oldest goes first", func(t *testing.T) {
		b := newBook(t)
		for i := range maxPairs + 3 {
			b.pair(fmt.Sprint("push|", i), fmt.Sprint("totp|", i))
		}
		got := b.pairs()
		if len(got) != maxPairs || got["push|2"] != "" || got["push|3"] != "totp|3" {
			t.Error(got)
		}
	})
	t.Run("users are apart", func(t *testing.T) {
		b := newBook(t)
		b.pair("push|1", "totp|1")
		b.user = bruno().Key()
		if got := b.pairs(); len(got) != 0 {
			t.Error(got)
		}
	})
	t.Run("reading writes nothing", func(t *testing.T) {
		b := newBook(t)
		if got := b.pairs(); len(got) != 0 || b.w.backend.puts.Load() != 0 {
			t.Error(got)
		}
	})
	t.Run("a year", func(t *testing.T) {
		b := newBook(t)
		b.pair("push|1", "totp|1")
		b.w.clock.advance(pairsLife - time.Second)
		if n, _ := b.w.sweep(); n != 0 || len(b.pairs()) != 1 {
			t.Error("forgotten early")
		}
		b.w.clock.advance(time.Second)
		if n, _ := b.w.sweep(); n != 1 || len(b.pairs()) != 0 {
			t.Error("not forgotten")
		}
	})
	t.Run("RC-03 parallel requests lose nothing", func(t *testing.T) {
		b := newBook(t)
		var group sync.WaitGroup
		for i := range 4 {
			group.Go(func() { b.pair(fmt.Sprint("push|", i), fmt.Sprint("totp|", i)) })
		}
		group.Wait()
		if got := b.pairs(); len(got) != 4 {
			t.Error(got)
		}
	})
}
