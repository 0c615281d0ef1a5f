package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

// Bounds of sign-ins under way: how long one may take, how many one browser may
// have, and how many may start within one lifetime in all, so that strangers
// cannot fill the store (ME-04).
const (
	transactionLife    = 10 * time.Minute
	transactionsKept   = 3
	transactionsBegun  = 100_000
	transactionCookies = 10 // of one request that are looked at
)

// Transaction is one sign-in under way: what was sent to the tenant and what
// the answer has to match. It is bound to the browser by a cookie of its own,
// ends after ten minutes, and counts once (security decision 10).
type Transaction struct {
	State    string
	Nonce    string
	Verifier secret.Secret // PKCE, RFC 7636
	MaxAge   time.Duration
	Started  time.Time

	Page      string       // key of the page to return to, never a URL
	Method    string       // handle that the page needs, if any
	StepUpFor account.User // who has to confirm; zero for a plain sign-in
}

// NewTransaction draws state, nonce and verifier: 256 random bits each. Begin
// sets Started if the caller has not.
func NewTransaction() Transaction {
	return Transaction{State: randomText(), Nonce: randomText(), Verifier: secret.New(randomText())}
}

func randomText() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Begin stores a transaction and gives the browser its cookie. A browser keeps
// three at most; the oldest makes room.
func (m *Manager) Begin(w http.ResponseWriter, r *http.Request, tx Transaction) error {
	if tx.State == "" || tx.Nonce == "" || tx.Verifier.IsZero() {
		return errors.New("session: a transaction needs state, nonce and verifier")
	}
	now := m.store.now()
	if tx.Started.IsZero() {
		tx.Started = now
	}
	if !m.mayBegin(now) {
		return ErrTooMany
	}
	ctx := context.WithoutCancel(r.Context())
	if err := m.makeRoom(ctx, w, r); err != nil {
		return err
	}
	t := newTicket()
	k := t.recordKey()
	blob, err := m.store.ring.seal(Transactions, k, t.key[:], encodeTransaction(tx))
	if err != nil {
		return err
	}
	rec := Record{Created: now, Seen: now, Expires: now.Add(transactionLife), Blob: blob}
	if err := m.store.backend.Put(ctx, Transactions, k, rec, 0); err != nil {
		return err
	}
	m.store.jar.set(w, m.cookieOf(tx.State), t.encode(), transactionLife)
	return nil
}

// Finish takes the transaction that the state belongs to. It is used up whether
// or not the sign-in then succeeds; of many callers one gets it. The error is
// ErrNoTransaction or trouble with the store.
func (m *Manager) Finish(w http.ResponseWriter, r *http.Request, state string) (Transaction, error) {
	name := m.cookieOf(state)
	t, present, ok := m.store.jar.ticket(r, name)
	if !present {
		return Transaction{}, ErrNoTransaction
	}
	if !ok {
		m.store.jar.clear(w, name)
		return Transaction{}, ErrNoTransaction
	}
	k := t.recordKey()
	rec, err := m.store.backend.Take(context.WithoutCancel(r.Context()), Transactions, k)
	if err != nil && !refused(err) {
		return Transaction{}, err
	}
	m.store.jar.clear(w, name)
	if err != nil {
		return Transaction{}, ErrNoTransaction
	}
	tx, err := m.openTransaction(k, t, rec)
	if err != nil {
		m.note(r.Context(), err)
		return Transaction{}, ErrNoTransaction
	}
	if !secret.New(tx.State).Equal(secret.New(state)) || !m.store.now().Before(tx.Started.Add(transactionLife)) {
		return Transaction{}, ErrNoTransaction
	}
	return tx, nil
}

func (m *Manager) openTransaction(k Key, t ticket, rec Record) (Transaction, error) {
	plain, _, err := m.store.ring.open(Transactions, k, t.key[:], rec.Blob)
	if err != nil {
		return Transaction{}, err
	}
	return decodeTransaction(plain)
}

// cookieOf names a transaction's cookie after its state, so that the answer
// finds it among others.
func (m *Manager) cookieOf(state string) string {
	sum := sha256.Sum256([]byte("mysecurity transaction v1\x00" + state))
	return m.store.jar.transaction + base64.RawURLEncoding.EncodeToString(sum[:6])
}

// pendingTransaction is one that the browser presented.
type pendingTransaction struct {
	name    string
	ticket  ticket
	created time.Time
}

// makeRoom removes the browser's oldest transactions beyond two, and cookies
// that stand for none.
func (m *Manager) makeRoom(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	live, err := m.presented(ctx, w, r)
	if err != nil {
		return err
	}
	for len(live) >= transactionsKept {
		oldest := 0
		for i := range live {
			if live[i].created.Before(live[oldest].created) {
				oldest = i
			}
		}
		if err := m.store.backend.Delete(ctx, Transactions, live[oldest].ticket.recordKey()); err != nil {
			return err
		}
		m.store.jar.clear(w, live[oldest].name)
		live = append(live[:oldest], live[oldest+1:]...)
	}
	return nil
}

// presented lists the live transactions among the request's cookies and clears
// the others.
func (m *Manager) presented(ctx context.Context, w http.ResponseWriter, r *http.Request) ([]pendingTransaction, error) {
	var live []pendingTransaction
	looked := 0
	for _, c := range r.Cookies() {
		if !strings.HasPrefix(c.Name, m.store.jar.transaction) {
			continue
		}
		if looked++; looked > transactionCookies {
			break
		}
		t, _, ok := m.store.jar.ticket(r, c.Name)
		if !ok {
			m.store.jar.clear(w, c.Name)
			continue
		}
		rec, err := m.store.backend.Get(ctx, Transactions, t.recordKey())
		switch {
		case err != nil && !refused(err):
			return nil, err
		case err != nil || !m.store.now().Before(rec.Expires):
			m.store.jar.clear(w, c.Name)
		default:
			live = append(live, pendingTransaction{c.Name, t, rec.Created})
		}
	}
	return live, nil
}

// mayBegin counts starts in windows of one lifetime. The count of a window that
// begins twice at once may lose a few; it is a bound on disk space, not on a
// person.
func (m *Manager) mayBegin(now time.Time) bool {
	window := m.window.Load()
	if now.Unix()-window >= int64(transactionLife.Seconds()) && m.window.CompareAndSwap(window, now.Unix()) {
		m.begun.Store(0)
	}
	return m.begun.Add(1) <= transactionsBegun
}
