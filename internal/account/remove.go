package account

import (
	"context"
	"slices"

	"mysecurity/internal/auth0"
)

// Removal is what a user has to know before removing a method.
type Removal struct {
	Method  Method
	Along   []Along  // what goes with it
	Remain  []Method // strong methods that stay
	Email   bool     // codes by e-mail to another address remain
	Last    bool     // no strong method would remain
	Refused bool     // the company's rule keeps this one
	Minimum int      // the rule: how many strong methods have to stay
	Gone    bool     // it was there and is not any more; nothing else is filled in
}

// Along is something that a removal takes along.
type Along string

// What can go along.
const (
	AlongBoth      Along = "both"       // text messages and calls to the phone number
	AlongCodes     Along = "codes"      // the codes that the push app gives
	AlongMaybeApp  Along = "maybe-app"  // one of the authenticator apps listed, perhaps
	AlongMaybePush Along = "maybe-push" // a push method listed, perhaps
)

// along names what goes with a method.
func (m Method) along() []Along {
	switch {
	case m.Kind == MethodPhone && m.Text && m.Call:
		return []Along{AlongBoth}
	case m.Kind == MethodPush && m.Codes:
		return []Along{AlongCodes}
	case m.Kind == MethodPush && m.Unsure:
		return []Along{AlongMaybeApp}
	case m.Kind == MethodApp && m.Unsure:
		return []Along{AlongMaybePush}
	default:
		return nil
	}
}

// Removal reads the list and says what removing a method would mean: one
// upstream call, nothing changes at the tenant.
func (s *Service) Removal(ctx context.Context, user User, access Access, handle string) (Removal, error) {
	if !s.Rights(access).Change {
		return Removal{}, Fail(KindNeedProof, nil)
	}
	if _, err := s.take(reads, user); err != nil {
		return Removal{}, err
	}
	r, err := s.removal(ctx, user, access, handle)
	if err == nil {
		s.removed.note(user, handle, s.now())
	}
	return r, err
}

func (s *Service) removal(ctx context.Context, user User, access Access, handle string) (Removal, error) {
	overview, err := s.overview(ctx, user, access)
	if err != nil {
		return Removal{}, err
	}
	method, found := findMethod(overview.Methods, handle)
	switch {
	case !found:
		return Removal{}, Fail(KindNotFound, nil)
	case !method.Removable:
		return Removal{Method: method}, Fail(KindFixed, nil)
	}
	r := Removal{Method: method, Along: method.along(), Minimum: s.minMethods}
	for _, m := range overview.Methods {
		switch {
		case m.Handle == handle:
		case m.Strong:
			r.Remain = append(r.Remain, m)
		default:
			r.Email = r.Email || m.Kind == MethodEmail
		}
	}
	r.Remain = withoutTwin(r.Remain, method)
	r.Last = method.Strong && len(r.Remain) == 0
	r.Refused = method.Strong && len(r.Remain) < s.minMethods
	return r, nil
}

// withoutTwin leaves out what may go along with a method. A push entry and the
// codes of its app are deleted together; where nobody knows which belong to one
// another, the worst case counts.
func withoutTwin(remain []Method, removed Method) []Method {
	if !removed.Unsure {
		return remain
	}
	twin := map[MethodKind]MethodKind{MethodPush: MethodApp, MethodApp: MethodPush}[removed.Kind]
	for i, m := range remain {
		if m.Kind == twin && m.Unsure {
			return slices.Delete(remain, i, i+1)
		}
	}
	return remain
}

// Remove deletes a method of the user's own fresh list. For one that the user has
// lately been asked about or has removed here, and that is gone, it answers with
// Gone; a handle that names nothing is KindNotFound. If the tenant's answer is
// lost the call is not repeated: the list tells. understood permits removing the
// last one where the company's rule does.
func (s *Service) Remove(ctx context.Context, user User, access Access, handle string, understood bool) (Removal, error) {
	if !s.Rights(access).Change {
		return Removal{}, Fail(KindNeedProof, nil)
	}
	if _, err := s.take(removals, user); err != nil {
		return Removal{}, err
	}
	ctx, end := carriedOut(ctx)
	defer end()
	defer s.users.lock(user)()

	r, err := s.removal(ctx, user, access, handle)
	switch {
	case KindOf(err) == KindNotFound && s.removed.lately(user, handle, s.now()):
		return Removal{Gone: true}, nil
	case err != nil:
		return r, err
	case r.Refused:
		return r, Fail(KindLastMethod, nil)
	case r.Last && !understood:
		return r, Fail(KindUnderstand, nil)
	}
	if err := s.remove(ctx, user, access, r.Method.id); err != nil {
		return r, err
	}
	s.removed.note(user, handle, s.now())
	return r, nil
}

func (s *Service) remove(ctx context.Context, user User, access Access, id string) error {
	err := s.tenant.DeleteAuthenticator(ctx, token(user, access), id)
	switch {
	case err == nil, auth0.KindOf(err) == auth0.KindNotFound:
		return nil
	case outcomeUnknown(err):
		return s.reconcileRemove(ctx, user, access, id, err)
	default:
		return s.refused(user, err)
	}
}

// reconcileRemove looks at what is true after a removal whose answer was lost.
func (s *Service) reconcileRemove(ctx context.Context, user User, access Access, id string, cause error) error {
	list, err := s.tenant.ListAuthenticators(ctx, token(user, access))
	if err != nil {
		return Fail(KindUnknown, cause)
	}
	if active, _ := isActive(list, id); active {
		return Fail(KindNotDone, cause)
	}
	return nil
}
