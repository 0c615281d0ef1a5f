package emulator

import "net/http"

// guardianResolve is a phone's answer to a push, signed by its device key. An
// answer counts once.
func (e *Emulator) guardianResolve(r *http.Request, body []byte) (int, any, *guardianRefusal) {
	txToken, failure := bearerOf(r)
	if failure != nil {
		return 0, nil, failure
	}
	o, a, failure := e.resolvable(txToken)
	if failure != nil {
		return 0, nil, failure
	}
	var in struct {
		Response string `json:"challenge_response"`
	}
	if failure := readGuardianBody(r, body, &in); failure != nil {
		return 0, nil, failure
	}
	if in.Response == "" {
		return 0, nil, invalidBody("challenge_response is missing")
	}
	claims, ok := e.verifyDevice(in.Response, expected{
		device: a.Device, subject: o.Challenge, life: answerLife,
		audience: e.guardianURL() + "/api/resolve-transaction",
	})
	if !ok || claims.Method != "push" || claims.Accepted == nil {
		return 0, nil, invalidDeviceToken()
	}
	o.State = oobAccepted
	if !*claims.Accepted {
		o.State, o.Reason = oobDenied, claims.Reason
		e.logEvent("gd_auth_rejected", o.UserID, "Push notification denied on the phone")
	}
	return http.StatusNoContent, nil, nil
}

// resolvable finds the push that a transaction token stands for, and the phone
// that was asked.
func (e *Emulator) resolvable(txToken string) (*oob, *authenticator, *guardianRefusal) {
	unknown := refuseGuardian(http.StatusNotFound, "login_transaction_not_found", "Login transaction not found")
	o := e.oobWhere(func(o *oob) bool { return o.TxToken == txToken })
	switch {
	case o == nil || o.State != oobPending:
		return nil, nil, unknown
	case e.expired(o) && e.variant(variantExpiredPush) == "transaction_expired":
		return nil, nil, refuseGuardian(http.StatusGone, "transaction_expired", "Transaction expired")
	case e.expired(o):
		return nil, nil, unknown
	}
	u := e.s.users[o.UserID]
	a := e.authenticatorByID(u, o.AuthenticatorID)
	if a == nil || a.Device == nil {
		return nil, nil, refuseGuardian(http.StatusNotFound, "device_account_not_found", "Device account not found")
	}
	return o, a, nil
}
