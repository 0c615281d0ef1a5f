package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

// The structs below are the sealed form of a session and of a transaction. They
// are the only place where secrets are revealed, because their JSON goes nowhere
// but into keyring.seal. Changing them means a new schema number.

type wireState struct {
	Started    time.Time       `json:"started"`
	User       wireUser        `json:"user"`
	Access     wireAccess      `json:"access"`
	Enrolments []wireEnrolment `json:"enrolments,omitempty"`
	Recovery   *wireRecovery   `json:"recovery,omitempty"`
	Notice     *wireNotice     `json:"notice,omitempty"`
}

type wireUser struct {
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	Name    string `json:"name,omitempty"`
	Email   string `json:"email,omitempty"`
	Locale  string `json:"locale,omitempty"`

	EmailVerified bool `json:"email_verified,omitempty"`
}

type wireAccess struct {
	Token   string    `json:"token,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	At      time.Time `json:"at,omitzero"`
	MFA     bool      `json:"mfa,omitempty"`
	Strong  bool      `json:"strong,omitempty"`
	SID     string    `json:"sid,omitempty"`

	Renewal wireRenewal `json:"renewal,omitzero"`
}

type wireRenewal struct {
	Token    string    `json:"token,omitempty"`
	Taken    time.Time `json:"taken,omitzero"`
	Nonce    string    `json:"nonce,omitempty"`
	AuthTime time.Time `json:"auth_time,omitzero"`
}

type wireEnrolment struct {
	Kind    account.MethodKind `json:"kind"`
	ID      string             `json:"id,omitempty"`
	Started time.Time          `json:"started"`
	Wrong   int                `json:"wrong,omitempty"`
	Key     wireKey            `json:"key,omitzero"`
	Message wireMessage        `json:"message,omitzero"`
	Scan    wireScan           `json:"scan,omitzero"`
	Typed   wireTyped          `json:"typed,omitzero"`
}

type wireKey struct {
	Secret string `json:"secret"`
	URI    string `json:"uri"`
	Drift  []int  `json:"drift,omitempty"`
	Agreed bool   `json:"agreed,omitempty"`
}

// IsZero leaves the key out of enrolments that have none.
func (k wireKey) IsZero() bool { return k.Secret == "" && k.URI == "" }

type wireMessage struct {
	To      string          `json:"to"`
	Channel account.Channel `json:"channel,omitempty"`
	OOB     string          `json:"oob"`
	Sent    time.Time       `json:"sent"`
}

type wireTyped struct {
	Country string          `json:"country,omitempty"`
	To      string          `json:"to,omitempty"`
	Channel account.Channel `json:"channel,omitempty"`
}

type wireScan struct {
	URI     string        `json:"uri"`
	OOB     string        `json:"oob"`
	Expires time.Time     `json:"expires"`
	Next    time.Time     `json:"next"`
	Every   time.Duration `json:"every"`
	Apps    []string      `json:"apps,omitempty"`
}

// IsZero leaves the scan out of enrolments that have none.
func (s wireScan) IsZero() bool { return s.URI == "" && s.OOB == "" && len(s.Apps) == 0 }

type wireRecovery struct {
	Code     string    `json:"code"`
	Received time.Time `json:"received"`
	Due      bool      `json:"due,omitempty"`
	Reveal   bool      `json:"reveal,omitempty"`
}

type wireNotice struct {
	Kind string            `json:"kind"`
	Args map[string]string `json:"args,omitempty"`
}

type wireTransaction struct {
	State    string        `json:"state"`
	Nonce    string        `json:"nonce"`
	Verifier string        `json:"verifier"`
	MaxAge   time.Duration `json:"max_age"`
	Started  time.Time     `json:"started"`
	Page     string        `json:"page,omitempty"`
	Method   string        `json:"method,omitempty"`
	StepUp   *wireUser     `json:"step_up,omitempty"`
}

func encodeState(s state) ([]byte, error) {
	w := wireState{
		Started: s.Started,
		User:    wireUser(s.User),
		Access:  encodeAccess(s.Access),
	}
	for _, e := range s.Enrolments {
		w.Enrolments = append(w.Enrolments, encodeEnrolment(e))
	}
	if c := s.Recovery; c != nil {
		w.Recovery = &wireRecovery{Code: c.Code.Reveal(), Received: c.Received, Due: c.Due, Reveal: c.Reveal}
	}
	if n := s.Notice; n != nil {
		w.Notice = (*wireNotice)(n)
	}
	return json.Marshal(w)
}

// decodeState reads a session or fails whole: never half of one.
func decodeState(plain []byte) (state, error) {
	var w wireState
	if err := json.Unmarshal(plain, &w); err != nil {
		return state{}, decodeError(err)
	}
	if w.User.Subject == "" || w.User.Issuer == "" || w.Started.IsZero() {
		return state{}, errors.New("session: sealed session without user or start")
	}
	s := state{
		Started: w.Started,
		User:    account.User(w.User),
		Access:  w.Access.decode(),
	}
	for _, e := range w.Enrolments {
		if s.Enrolments == nil {
			s.Enrolments = map[account.MethodKind]account.Enrolment{}
		}
		s.Enrolments[e.Kind] = e.decode()
	}
	if c := w.Recovery; c != nil {
		s.Recovery = &account.RecoveryCode{Code: secret.New(c.Code), Received: c.Received, Due: c.Due, Reveal: c.Reveal}
	}
	if n := w.Notice; n != nil {
		s.Notice = (*notice)(n)
	}
	return s, nil
}

func encodeAccess(a account.Access) wireAccess {
	return wireAccess{
		Token: a.Token.Reveal(), Expires: a.Expires, SID: a.SID,
		At: a.Proof.At, MFA: a.Proof.MFA, Strong: a.Proof.Strong,
		Renewal: wireRenewal{
			Token: a.Renewal.Token.Reveal(), Taken: a.Renewal.Taken, Nonce: a.Renewal.Nonce, AuthTime: a.Renewal.AuthTime,
		},
	}
}

func (w wireAccess) decode() account.Access {
	return account.Access{
		Token: secret.New(w.Token), Expires: w.Expires, SID: w.SID,
		Proof: account.Proof{At: w.At, MFA: w.MFA, Strong: w.Strong},
		Renewal: account.Renewal{
			Token: secret.New(w.Renewal.Token), Taken: w.Renewal.Taken, Nonce: w.Renewal.Nonce, AuthTime: w.Renewal.AuthTime,
		},
	}
}

func encodeEnrolment(e account.Enrolment) wireEnrolment {
	return wireEnrolment{
		Kind: e.Kind, ID: e.ID, Started: e.Started, Wrong: e.Wrong,
		Key: wireKey{
			Secret: e.Key.Secret.Reveal(), URI: e.Key.URI.Reveal(), Drift: e.Key.Drift, Agreed: e.Key.DriftAgreed,
		},
		Message: wireMessage{
			To: e.Message.To, Channel: e.Message.Channel, OOB: e.Message.OOB.Reveal(), Sent: e.Message.Sent,
		},
		Scan: wireScan{
			URI: e.Scan.URI.Reveal(), OOB: e.Scan.OOB.Reveal(), Expires: e.Scan.Expires,
			Next: e.Scan.Next, Every: e.Scan.Every, Apps: e.Scan.Apps,
		},
		Typed: wireTyped(e.Typed),
	}
}

func (w wireEnrolment) decode() account.Enrolment {
	return account.Enrolment{
		Kind: w.Kind, ID: w.ID, Started: w.Started, Wrong: w.Wrong,
		Key: account.Key{
			Secret: secret.New(w.Key.Secret), URI: secret.New(w.Key.URI), Drift: w.Key.Drift, DriftAgreed: w.Key.Agreed,
		},
		Message: account.Message{
			To: w.Message.To, Channel: w.Message.Channel, OOB: secret.New(w.Message.OOB), Sent: w.Message.Sent,
		},
		Scan: account.Scan{
			URI: secret.New(w.Scan.URI), OOB: secret.New(w.Scan.OOB), Expires: w.Scan.Expires,
			Next: w.Scan.Next, Every: w.Scan.Every, Apps: w.Scan.Apps,
		},
		Typed: account.Typed(w.Typed),
	}
}

func encodeTransaction(t Transaction) ([]byte, error) {
	w := wireTransaction{
		State: t.State, Nonce: t.Nonce, Verifier: t.Verifier.Reveal(),
		MaxAge: t.MaxAge, Started: t.Started, Page: t.Page, Method: t.Method,
	}
	if t.StepUpFor != (account.User{}) {
		u := wireUser(t.StepUpFor)
		w.StepUp = &u
	}
	return json.Marshal(w)
}

func decodeTransaction(plain []byte) (Transaction, error) {
	var w wireTransaction
	if err := json.Unmarshal(plain, &w); err != nil {
		return Transaction{}, decodeError(err)
	}
	if w.State == "" || w.Nonce == "" || w.Verifier == "" || w.Started.IsZero() {
		return Transaction{}, errors.New("session: sealed transaction is incomplete")
	}
	t := Transaction{
		State: w.State, Nonce: w.Nonce, Verifier: secret.New(w.Verifier),
		MaxAge: w.MaxAge, Started: w.Started, Page: w.Page, Method: w.Method,
	}
	if w.StepUp != nil {
		t.StepUpFor = account.User(*w.StepUp)
	}
	return t, nil
}

// decodeError keeps the kind of a JSON error and drops its text, which can
// quote what was sealed.
func decodeError(err error) error {
	return fmt.Errorf("session: sealed content cannot be read (%T)", err)
}
