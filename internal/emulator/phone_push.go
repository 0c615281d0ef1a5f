package emulator

import (
	"context"
	"net/http"
	"slices"
)

// answerClaims are the response to a push (protocol section 12.2).
type answerClaims struct {
	deviceClaims
	Method   string `json:"auth0_guardian_method"`
	Accepted bool   `json:"auth0_guardian_accepted"`
	Reason   string `json:"auth0_guardian_reason,omitempty"`
}

// pushAnswer is what somebody does with a notification.
type pushAnswer struct {
	PushID string // "" for the newest
	Accept bool
	Reason string // of a refusal, may be empty
}

// answerPush approves or denies a notification that the phone shows.
func (e *Emulator) answerPush(ctx context.Context, phoneID string, answer pushAnswer) error {
	account, n, err := e.shownPush(phoneID, answer.PushID)
	if err != nil {
		return err
	}
	address := n.ServiceHost + "/api/resolve-transaction"
	response, err := e.signByDevice(account, answerClaims{
		deviceClaims: e.deviceClaims(account, n.Challenge, address),
		Method:       "push", Accepted: answer.Accept, Reason: answer.Reason,
	})
	if err != nil {
		return err
	}
	err = e.callGuardian(ctx, http.MethodPost, address, "Bearer "+n.TxToken, map[string]string{"challenge_response": response}, nil)
	if err == nil || refusedForGood(err) {
		e.dropPushes(phoneID, func(other push) bool { return other.ID == n.ID })
	}
	return err
}

// shownPush finds a notification that the phone shows, and whose it is.
func (e *Emulator) shownPush(phoneID, pushID string) (*guardianAccount, push, error) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	_, p := e.phoneByID(phoneID)
	if p == nil {
		return nil, push{}, noSuchPhone()
	}
	for _, n := range e.shownPushes(p) {
		if pushID == "" || n.ID == pushID {
			return p.guardianByID(n.DeviceAccount), n, nil
		}
	}
	if p.Offline {
		return nil, push{}, conflict("the phone is offline and shows no notification")
	}
	return nil, push{}, conflict("the phone shows no such notification")
}

// shownPushes lists the notifications that a phone shows, newest first. The
// caller holds the store's lock.
func (e *Emulator) shownPushes(p *phone) []push {
	list := []push{}
	if p.Offline {
		return list
	}
	for _, n := range slices.Backward(p.Pushes) {
		if e.clock.Now().Sub(n.At) < oobLife && p.guardianByID(n.DeviceAccount) != nil {
			list = append(list, n)
		}
	}
	return list
}

func (e *Emulator) dropPushes(phoneID string, dropped func(push) bool) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	if _, p := e.phoneByID(phoneID); p != nil {
		p.Pushes = slices.DeleteFunc(p.Pushes, dropped)
	}
}
