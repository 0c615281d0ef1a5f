package account

import (
	"context"

	"mysecurity/internal/auth0"
)

// Overview is what protects the account now.
type Overview struct {
	Methods     []Method // active ones, in the tenant's order
	HasRecovery bool     // an active recovery code exists
	Protected   bool     // at least one strong method
	More        bool     // the tenant's list is longer than what is read of it (UP-12)
	list        []auth0.Authenticator
}

// Overview reads the user's methods: one upstream call.
func (s *Service) Overview(ctx context.Context, user User, access Access) (Overview, error) {
	if !s.Rights(access).See {
		return Overview{}, Fail(KindNeedProof, nil)
	}
	if _, err := s.take(reads, user); err != nil {
		return Overview{}, err
	}
	return s.overview(ctx, user, access)
}

// overview is Overview for a caller who may and has been counted.
func (s *Service) overview(ctx context.Context, user User, access Access) (Overview, error) {
	if err := s.mayAsk(user); err != nil {
		return Overview{}, err
	}
	list, err := s.tenant.ListAuthenticators(ctx, token(user, access))
	if err != nil {
		return Overview{}, s.refused(user, err)
	}
	return overviewOf(user, list, s.pairs(ctx, user, list)), nil
}

// Has reports whether an attempt has become one of the active methods, also where
// it has no row of its own.
func (o Overview) Has(e Enrolment) bool {
	active, _ := isActive(o.list, e.ID)
	return active
}

func overviewOf(user User, list []auth0.Authenticator, pairs map[string]string) Overview {
	o := Overview{Methods: fold(user, list, pairs), Protected: anyStrong(list), More: len(list) >= auth0.MaxAuthenticators, list: list}
	for _, a := range list {
		if isRecovery(a) && a.Active {
			o.HasRecovery = true
		}
	}
	return o
}
