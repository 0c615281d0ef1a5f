package account

import (
	"context"
	"time"
)

// Ledger remembers between requests what the user's list does not say. The
// tenant gives no dates and no id when an enrolment starts, so first sight is
// all there is to tell an abandoned attempt from one that is under way
// (design: traps). User keys are User.Key. Forgetting is safe: an entry's
// cleaning is delayed, and who belongs to whom is shown as not known.
type Ledger interface {
	// Sight records that the user's list showed exactly these inactive ids now
	// and returns what is known about each of them. Other ids are forgotten,
	// except those that a wizard still owns.
	Sight(ctx context.Context, userKey string, ids []string, now time.Time) (map[string]LedgerEntry, error)
	// Own marks the id as belonging to a wizard that lives until then.
	Own(ctx context.Context, userKey, id string, until time.Time) error
	// Release ends the ownership: the wizard finished or was abandoned.
	Release(ctx context.Context, userKey, id string) error
	// Pair remembers that a push authenticator and an authenticator app came from
	// one enrolment and go together; the tenant's list does not say so.
	Pair(ctx context.Context, userKey, push, app string) error
	// Pairs returns what Pair remembered: apps by push authenticator. Entries that
	// have gone since may be among them.
	Pairs(ctx context.Context, userKey string) (map[string]string, error)
}

// LedgerEntry is what the Ledger knows about one unconfirmed entry.
type LedgerEntry struct {
	FirstSeen  time.Time
	OwnedUntil time.Time // zero if no wizard owns it
}
