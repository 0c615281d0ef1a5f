package session

import (
	"context"
	"errors"
	"time"
)

// Errors of a Backend. Any other error means that the store is in trouble.
var (
	ErrNotFound = errors.New("session: no such record")
	ErrConflict = errors.New("session: the record was changed meanwhile")
	ErrDamaged  = errors.New("session: the stored record cannot be read")
)

// Bucket names one kind of record. It is part of each record's seal, so that a
// record of one kind never passes for another.
type Bucket string

// The buckets that every backend offers.
const (
	Sessions     Bucket = "sessions"
	Transactions Bucket = "transactions"
	Enrolments   Bucket = "enrolments"
)

// Key is the name of a record: a hash, so that a copy of the store holds no
// ticket.
type Key [32]byte

// Tag is a keyed hash that lets the server recognise records without reading
// them: all of one user, all of one session at the tenant. Records carry their
// tags from the start, so that a sign-out at the tenant will be able to end those
// that exist already; nothing looks records up by them yet.
type Tag [32]byte

// Record is what a backend keeps. Everything that matters is in the sealed
// Blob; the rest is what ending records from outside needs.
type Record struct {
	Version uint64    // grows by one with each Put; Touch leaves it alone
	Created time.Time // millisecond precision, as all times here
	Seen    time.Time // last use, at most a minute behind
	Expires time.Time // from then on Sweep drops it; readers decide for themselves
	User    Tag       // of issuer and subject; zero if the record has none
	SID     Tag       // of the tenant's session id; zero if it has none
	Blob    []byte
}

// Backend stores sealed records. Implementations are safe for concurrent use,
// each method is atomic, and one contract test runs against all of them.
type Backend interface {
	// Get returns a record, also an expired one that was not swept yet, or
	// ErrNotFound. Like every method that reads, it answers ErrDamaged for a
	// record that is not in the backend's format.
	Get(ctx context.Context, b Bucket, k Key) (Record, error)
	// Put writes rec as version expected+1 if the stored version is expected; 0
	// means that there must be none. It answers ErrNotFound if the record to
	// replace is gone, so that nothing that ended comes back, and ErrConflict
	// on any other mismatch.
	Put(ctx context.Context, b Bucket, k Key, rec Record, expected uint64) error
	// Touch moves Seen and Expires and writes nothing else, or ErrNotFound.
	Touch(ctx context.Context, b Bucket, k Key, seen, expires time.Time) error
	// Swap deletes the record old, whose version must be expected, and creates
	// rec as version 1 under fresh, in one write. Errors are those of Put.
	Swap(ctx context.Context, b Bucket, old Key, expected uint64, fresh Key, rec Record) error
	// Take returns a record and deletes it: of many callers one gets it.
	Take(ctx context.Context, b Bucket, k Key) (Record, error)
	// Delete removes a record. One that is gone already is no error.
	Delete(ctx context.Context, b Bucket, k Key) error
	// Sweep removes what expired by now and returns how many records it were.
	Sweep(ctx context.Context, now time.Time) (int, error)
	// Close ends the use of the store.
	Close() error
}
