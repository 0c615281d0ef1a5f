package account

import (
	"context"
	"time"

	"mysecurity/internal/auth0"
)

// leftoverAge is how long an unconfirmed entry is left alone: somebody may be
// typing its first code in another browser.
const leftoverAge = 10 * time.Minute

// Bounds of the cleaning before one enrolment, which the user waits for.
const (
	cleanedAtOnce = 10
	cleanTime     = 3 * time.Second
)

// ownership is how long a wizard can live: the longest session.
const ownership = time.Hour

// unconfirmed returns the ids that an abandoned attempt may have left behind.
// A recovery code waits for the first method and is never among them.
func unconfirmed(list []auth0.Authenticator) []string {
	var ids []string
	for _, a := range list {
		if !a.Active && !isRecovery(a) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// sight notes when unconfirmed entries were first seen; the tenant's list has
// no dates. A ledger that fails only delays the cleaning.
func (s *Service) sight(ctx context.Context, user User, list []auth0.Authenticator) map[string]LedgerEntry {
	seen, err := s.ledger.Sight(ctx, user.Key(), unconfirmed(list), s.now())
	if err != nil {
		s.log.WarnContext(ctx, "ledger of unconfirmed entries not available", "error", err)
		return nil
	}
	return seen
}

// clean deletes entries of abandoned attempts: unconfirmed, first seen more
// than ten minutes ago, owned by no live wizard. The tenant stops enrolments at
// 51 entries, so this runs before each one. Failures are left for next time.
func (s *Service) clean(ctx context.Context, user User, access Access, list []auth0.Authenticator) {
	ctx, end := context.WithTimeout(ctx, cleanTime)
	defer end()
	now, dropped := s.now(), 0
	for id, entry := range s.sight(ctx, user, list) {
		if now.Sub(entry.FirstSeen) < leftoverAge || now.Before(entry.OwnedUntil) {
			continue
		}
		if dropped++; dropped > cleanedAtOnce || ctx.Err() != nil {
			return
		}
		s.drop(ctx, user, access, id)
	}
}

// drop deletes one unconfirmed entry and forgets it.
func (s *Service) drop(ctx context.Context, user User, access Access, id string) {
	if id == "" {
		return
	}
	err := s.tenant.DeleteAuthenticator(ctx, token(access), id)
	if err != nil && auth0.KindOf(err) != auth0.KindNotFound {
		s.log.WarnContext(ctx, "abandoned entry not deleted", "error", err)
		return
	}
	s.release(ctx, user, id)
}

func (s *Service) own(ctx context.Context, user User, id string) {
	if id == "" {
		return
	}
	if err := s.ledger.Own(ctx, user.Key(), id, s.now().Add(ownership)); err != nil {
		s.log.WarnContext(ctx, "ownership of an entry not noted", "error", err)
	}
}

func (s *Service) release(ctx context.Context, user User, id string) {
	if id == "" {
		return
	}
	if err := s.ledger.Release(ctx, user.Key(), id); err != nil {
		s.log.WarnContext(ctx, "ownership of an entry not released", "error", err)
	}
}

// newcomer returns the one unconfirmed entry that is in after and not in
// before, or nothing when that cannot be told.
func newcomer(before, after []auth0.Authenticator) string {
	known := map[string]bool{}
	for _, a := range before {
		known[a.ID] = true
	}
	found := ""
	for _, id := range unconfirmed(after) {
		if known[id] {
			continue
		}
		if found != "" {
			return ""
		}
		found = id
	}
	return found
}
