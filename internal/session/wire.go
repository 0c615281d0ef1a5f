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
	Started   time.Time      `json:"started"`
	User      wireUser       `json:"user"`
	Access    wireAccess     `json:"access"`
	Enrolment *wireEnrolment `json:"enrolment,omitempty"`
	Recovery  *wireRecovery  `json:"recovery,omitempty"`
	Notice    *wireNotice    `json:"notice,omitempty"`
}

type wireUser struct {
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	Name    string `json:"name,omitempty"`
	Email   string `json:"email,omitempty"`
	Locale  string `json:"locale,omitempty"`
}

type wireAccess struct {
	Token   string    `json:"token,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	At      time.Time `json:"at,omitzero"`
	MFA     bool      `json:"mfa,omitempty"`
	Strong  bool      `json:"strong,omitempty"`
	SID     string    `json:"sid,omitempty"`
}

type wireEnrolment struct {
	ID      string    `json:"id,omitempty"`
	Secret  string    `json:"secret"`
	URI     string    `json:"uri"`
	Started time.Time `json:"started"`
	Wrong   int       `json:"wrong,omitempty"`
	Drift   []int     `json:"drift,omitempty"`
	Agreed  bool      `json:"agreed,omitempty"`
}

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
		Access: wireAccess{
			Token: s.Access.Token.Reveal(), Expires: s.Access.Expires, SID: s.Access.SID,
			At: s.Access.Proof.At, MFA: s.Access.Proof.MFA, Strong: s.Access.Proof.Strong,
		},
	}
	if e := s.Enrolment; e != nil {
		w.Enrolment = &wireEnrolment{
			ID: e.ID, Secret: e.Secret.Reveal(), URI: e.URI.Reveal(),
			Started: e.Started, Wrong: e.Wrong, Drift: e.Drift, Agreed: e.DriftAgreed,
		}
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
		Access: account.Access{
			Token: secret.New(w.Access.Token), Expires: w.Access.Expires, SID: w.Access.SID,
			Proof: account.Proof{At: w.Access.At, MFA: w.Access.MFA, Strong: w.Access.Strong},
		},
	}
	if e := w.Enrolment; e != nil {
		s.Enrolment = &account.AppEnrolment{
			ID: e.ID, Secret: secret.New(e.Secret), URI: secret.New(e.URI),
			Started: e.Started, Wrong: e.Wrong, Drift: e.Drift, DriftAgreed: e.Agreed,
		}
	}
	if c := w.Recovery; c != nil {
		s.Recovery = &account.RecoveryCode{Code: secret.New(c.Code), Received: c.Received, Due: c.Due, Reveal: c.Reveal}
	}
	if n := w.Notice; n != nil {
		s.Notice = (*notice)(n)
	}
	return s, nil
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
