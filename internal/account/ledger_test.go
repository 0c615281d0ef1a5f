package account_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"mysecurity/internal/account"
)

// memoryLedger is the ledger of the contract, in memory.
type memoryLedger struct {
	mu      sync.Mutex
	entries map[string]account.LedgerEntry
	paired  map[string]map[string]string
}

func (l *memoryLedger) Sight(_ context.Context, user string, ids []string, now time.Time) (map[string]account.LedgerEntry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entries == nil {
		l.entries = map[string]account.LedgerEntry{}
	}
	listed := map[string]account.LedgerEntry{}
	for _, id := range ids {
		entry := l.entries[user+id]
		if entry.FirstSeen.IsZero() {
			entry.FirstSeen = now
		}
		l.entries[user+id], listed[id] = entry, entry
	}
	return listed, nil
}

func (l *memoryLedger) Own(_ context.Context, user, id string, until time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	entry := l.entries[user+id]
	entry.OwnedUntil = until
	l.entries[user+id] = entry
	return nil
}

func (l *memoryLedger) Release(_ context.Context, user, id string) error {
	return l.Own(context.Background(), user, id, time.Time{})
}

func (l *memoryLedger) Pair(_ context.Context, user, push, app string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paired == nil {
		l.paired = map[string]map[string]string{}
	}
	if l.paired[user] == nil {
		l.paired[user] = map[string]string{}
	}
	l.paired[user][push] = app
	return nil
}

func (l *memoryLedger) Pairs(_ context.Context, user string) (map[string]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.paired[user]), nil
}

// brokenLedger knows nothing and keeps nothing.
type brokenLedger struct{}

var errLedger = errors.New("the store is gone")

func (brokenLedger) Sight(context.Context, string, []string, time.Time) (map[string]account.LedgerEntry, error) {
	return nil, errLedger
}
func (brokenLedger) Own(context.Context, string, string, time.Time) error { return errLedger }
func (brokenLedger) Release(context.Context, string, string) error        { return errLedger }
func (brokenLedger) Pair(context.Context, string, string, string) error   { return errLedger }
func (brokenLedger) Pairs(context.Context, string) (map[string]string, error) {
	return nil, errLedger
}
