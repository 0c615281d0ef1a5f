package emulator

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// This file is the Guardian app of the simulated phones. It speaks to the
// tenant's Guardian service over real HTTP, with a key of its own for each
// account, as the vendor's app does (protocol section 12). It never runs with
// the store's lock held: the tenant needs that to answer.

// isGuardianText reports whether a QR text enrols Guardian instead of adding an
// account to the authenticator app.
func isGuardianText(text string) bool {
	_, query, err := splitOTPAuth(text)
	return err == nil && query.Has("enrollment_tx_id")
}

// enrolJSON is the body of the enrolment call.
type enrolJSON struct {
	Identifier      string          `json:"identifier"`
	Name            string          `json:"name"`
	PushCredentials map[string]any  `json:"push_credentials"`
	PublicKey       jose.JSONWebKey `json:"public_key"`
}

// enrolledJSON is what the app reads of the answer.
type enrolledJSON struct {
	ID     string `json:"id"`
	Issuer string `json:"issuer"`
	UserID string `json:"user_id"`
	Token  string `json:"token"`
	TOTP   struct {
		Secret string `json:"secret"`
	} `json:"totp"`
}

// enrolGuardian scans a Guardian QR code: a new key, an enrolment at the tenant,
// an account on the phone.
func (e *Emulator) enrolGuardian(ctx context.Context, phoneID, text string) (*guardianAccount, error) {
	name, err := e.phoneName(phoneID)
	if err != nil {
		return nil, err
	}
	account, ticket, err := e.parseGuardian(text)
	if err != nil {
		return nil, err
	}
	if account.Key, err = e.keys.source(); err != nil {
		return nil, fmt.Errorf("device key: %w", err)
	}
	var answer enrolledJSON
	err = e.callGuardian(ctx, http.MethodPost, account.Service+"/api/enroll", `Ticket id="`+ticket+`"`, enrolJSON{
		Identifier:      account.Identifier,
		Name:            name,
		PushCredentials: map[string]any{"service": pushService, "token": phoneID},
		PublicKey:       jose.JSONWebKey{Key: account.Key.Public(), Algorithm: string(jose.RS256), Use: "sig"},
	}, &answer)
	if err != nil {
		return nil, err
	}
	if answer.ID == "" || answer.UserID == "" {
		return nil, unreadableAnswer()
	}
	account.ID, account.Issuer, account.UserID = answer.ID, answer.Issuer, answer.UserID
	account.Token, account.Secret = answer.Token, answer.TOTP.Secret
	return account, e.keepGuardian(phoneID, account)
}

// phoneName checks that there is such a phone, that it has a network, and room
// for an account.
func (e *Emulator) phoneName(phoneID string) (string, error) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	_, p := e.phoneByID(phoneID)
	switch {
	case p == nil:
		return "", noSuchPhone()
	case p.Offline:
		return "", unreachable()
	case len(p.Guardian) >= maxPhoneAccounts:
		return "", badRequest("the phone holds no more accounts")
	}
	return p.Name, nil
}

// parseGuardian reads the text of a Guardian QR code. The phone enrols at its own
// tenant only: it must not call whatever address a text names.
func (e *Emulator) parseGuardian(text string) (account *guardianAccount, ticket string, err error) {
	label, query, err := splitOTPAuth(text)
	if err != nil {
		return nil, "", err
	}
	service := strings.TrimRight(query.Get("base_url"), "/")
	if service != e.guardianURL() {
		return nil, "", badRequest("this phone enrols with the emulated tenant only: base_url must be " + e.guardianURL())
	}
	ticket = query.Get("enrollment_tx_id")
	if ticket == "" || strings.Trim(ticket, alphanumeric) != "" {
		return nil, "", badRequest("enrollment_tx_id is malformed")
	}
	return &guardianAccount{
		Identifier: randomString(rand.Reader, 32, alphanumeric), Label: label, Service: service,
	}, ticket, nil
}

func (e *Emulator) keepGuardian(phoneID string, account *guardianAccount) error {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	_, p := e.phoneByID(phoneID)
	if p == nil {
		return noSuchPhone()
	}
	p.Guardian = append(p.Guardian, account)
	return nil
}

// leaveGuardian removes an account from the phone, "" being the newest, and with
// it the enrolment at the tenant. What the tenant has removed before goes too.
func (e *Emulator) leaveGuardian(ctx context.Context, phoneID, accountID string) error {
	account, err := e.guardianOn(phoneID, accountID)
	if err != nil {
		return err
	}
	address := account.Service + "/api/device-accounts/" + url.PathEscape(account.ID)
	token, err := e.signByDevice(account, e.deviceClaims(account, account.UserID, address))
	if err != nil {
		return err
	}
	if err := e.callGuardian(ctx, http.MethodDelete, address, "Bearer "+token, nil, nil); err != nil && !unknownToTenant(err) {
		return err
	}
	e.dropPushes(phoneID, func(n push) bool { return n.DeviceAccount == account.ID })
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	if _, p := e.phoneByID(phoneID); p != nil {
		p.Guardian = slices.DeleteFunc(p.Guardian, func(other *guardianAccount) bool { return other == account })
	}
	return nil
}

// unreachable is for what the app can do with a network only.
func unreachable() error { return conflict("the phone is offline and does not reach the tenant") }

func (e *Emulator) guardianOn(phoneID, accountID string) (*guardianAccount, error) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	_, p := e.phoneByID(phoneID)
	switch {
	case p == nil:
		return nil, noSuchPhone()
	case p.Offline:
		return nil, unreachable()
	case len(p.Guardian) == 0:
		return nil, conflict("the phone has no Guardian account")
	case accountID == "":
		return p.Guardian[len(p.Guardian)-1], nil
	}
	account := p.guardianByID(accountID)
	if account == nil {
		return nil, &controlError{http.StatusNotFound, "there is no such Guardian account on the phone"}
	}
	return account, nil
}

func (p *phone) guardianByID(id string) *guardianAccount {
	i := slices.IndexFunc(p.Guardian, func(a *guardianAccount) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return p.Guardian[i]
}

// setOffline switches a phone's connection.
func (e *Emulator) setOffline(phoneID string, offline bool) error {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	_, p := e.phoneByID(phoneID)
	if p == nil {
		return noSuchPhone()
	}
	p.Offline = offline
	return nil
}
