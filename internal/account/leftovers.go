package account

import (
	"context"
	"slices"
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
		if !a.Active && a.ID != "" && !isRecovery(a) {
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

// clean deletes what abandoned attempts left: unconfirmed, first seen more than
// ten minutes ago, owned by no live wizard. The tenant stops enrolments at 51
// entries, so this runs before each one. Failures are left for next time.
func (s *Service) clean(ctx context.Context, user User, access Access, list []auth0.Authenticator) {
	ctx, end := context.WithTimeout(ctx, cleanTime)
	defer end()
	seen, dropped := s.sight(ctx, user, list), 0
	for _, ids := range attempts(unconfirmed(list)) {
		if s.mayBeLive(ids, seen) {
			continue
		}
		if dropped++; dropped > cleanedAtOnce || ctx.Err() != nil {
			return
		}
		s.drop(ctx, user, access, ids[0]) // its twin goes along
	}
}

// mayBeLive reports whether somebody may still be at work on an attempt. What
// the ledger does not know may be.
func (s *Service) mayBeLive(ids []string, seen map[string]LedgerEntry) bool {
	now := s.now()
	return slices.ContainsFunc(ids, func(id string) bool {
		entry, known := seen[id]
		return !known || now.Sub(entry.FirstSeen) < leftoverAge || now.Before(entry.OwnedUntil)
	})
}

// attempts joins the ids of entries that one attempt made: those of a phone
// number.
func attempts(ids []string) [][]string {
	var all [][]string
	for _, id := range ids {
		i := slices.IndexFunc(all, func(a []string) bool { return sameMethod(a[0], id) })
		if i < 0 {
			all = append(all, []string{id})
			continue
		}
		all[i] = append(all[i], id)
	}
	return all
}

// drop deletes one unconfirmed entry and forgets it.
func (s *Service) drop(ctx context.Context, user User, access Access, id string) {
	if id == "" {
		return
	}
	err := s.tenant.DeleteAuthenticator(ctx, token(user, access), id)
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

// newcomers returns the attempts of a kind that are in after and not in before.
func newcomers(kind MethodKind, before, after []auth0.Authenticator) [][]string {
	var ids []string
	for _, a := range after {
		isNew := !slices.ContainsFunc(before, func(b auth0.Authenticator) bool { return b.ID == a.ID })
		if isNew && a.ID != "" && !a.Active && !isRecovery(a) && kindOf(a) == kind {
			ids = append(ids, a.ID)
		}
	}
	return attempts(ids)
}
