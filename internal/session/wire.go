package session

import (
	"maps"
	"slices"

	"mysecurity/internal/account"
)

// Below are the fields of a session and of a transaction, as they are sealed.
// Changing them means a new schema number.

func encodeState(s state) []byte { return encode(s.fields) }

// decodeState reads a session or fails whole: never half of one.
func decodeState(plain []byte) (state, error) {
	var s state
	if err := decode(plain, s.fields); err != nil {
		return state{}, err
	}
	if s.User.Subject == "" || s.User.Issuer == "" || s.Started.IsZero() {
		return state{}, errContent
	}
	return s, nil
}

func (s *state) fields(c *coder) {
	c.time(&s.Started)
	userFields(c, &s.User)
	accessFields(c, &s.Access)
	running := slices.Collect(maps.Values(s.Enrolments))
	list(c, &running, enrolmentFields)
	if c.reading && len(running) > 0 {
		s.Enrolments = make(map[account.MethodKind]account.Enrolment, len(running))
		for _, e := range running {
			s.Enrolments[e.Kind] = e
		}
	}
	optional(c, &s.Recovery, recoveryFields)
	optional(c, &s.Notice, noticeFields)
}

func userFields(c *coder, u *account.User) {
	text(c, &u.Issuer)
	text(c, &u.Subject)
	text(c, &u.Name)
	text(c, &u.Email)
	text(c, &u.Locale)
	c.flag(&u.EmailVerified)
}

func accessFields(c *coder, a *account.Access) {
	c.hidden(&a.Token)
	c.time(&a.Expires)
	c.time(&a.Proof.At)
	c.flag(&a.Proof.MFA)
	c.flag(&a.Proof.Strong)
	text(c, &a.SID)
	c.hidden(&a.Renewal.Token)
	c.time(&a.Renewal.Taken)
	text(c, &a.Renewal.Nonce)
	c.time(&a.Renewal.AuthTime)
}

func enrolmentFields(c *coder, e *account.Enrolment) {
	text(c, &e.Kind)
	text(c, &e.ID)
	c.time(&e.Started)
	number(c, &e.Wrong)
	keyFields(c, &e.Key)
	messageFields(c, &e.Message)
	scanFields(c, &e.Scan)
	typedFields(c, &e.Typed)
}

func keyFields(c *coder, k *account.Key) {
	c.hidden(&k.Secret)
	c.hidden(&k.URI)
	list(c, &k.Drift, number[int])
	c.flag(&k.DriftAgreed)
}

func messageFields(c *coder, m *account.Message) {
	text(c, &m.To)
	text(c, &m.Channel)
	c.hidden(&m.OOB)
	c.time(&m.Sent)
}

func scanFields(c *coder, s *account.Scan) {
	c.hidden(&s.URI)
	c.hidden(&s.OOB)
	c.time(&s.Expires)
	c.time(&s.Next)
	number(c, &s.Every)
	list(c, &s.Apps, text[string])
}

func typedFields(c *coder, t *account.Typed) {
	text(c, &t.Country)
	text(c, &t.To)
	text(c, &t.Channel)
}

func recoveryFields(c *coder, r *account.RecoveryCode) {
	c.hidden(&r.Code)
	c.time(&r.Received)
	c.flag(&r.Due)
	c.flag(&r.Reveal)
}

func noticeFields(c *coder, n *notice) {
	text(c, &n.Kind)
	names := slices.Collect(maps.Keys(n.Args))
	list(c, &names, text[string])
	if c.reading && len(names) > 0 {
		n.Args = make(map[string]string, len(names))
	}
	for _, name := range names {
		value := n.Args[name]
		text(c, &value)
		if c.reading {
			n.Args[name] = value
		}
	}
}

func encodeTransaction(t Transaction) []byte { return encode(t.fields) }

// decodeTransaction reads a transaction or fails whole.
func decodeTransaction(plain []byte) (Transaction, error) {
	var t Transaction
	if err := decode(plain, t.fields); err != nil {
		return Transaction{}, err
	}
	if t.State == "" || t.Nonce == "" || t.Verifier.IsZero() || t.Started.IsZero() {
		return Transaction{}, errContent
	}
	return t, nil
}

func (t *Transaction) fields(c *coder) {
	text(c, &t.State)
	text(c, &t.Nonce)
	c.hidden(&t.Verifier)
	number(c, &t.MaxAge)
	c.time(&t.Started)
	text(c, &t.Page)
	text(c, &t.Method)
	userFields(c, &t.StepUpFor)
}
