package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"sync/atomic"

	"github.com/labstack/echo/v4"

	"mysecurity/internal/account"
)

// The audit events of the portal.
const (
	auditSignIn   = "sign-in"
	auditSignOut  = "sign-out"
	auditAdd      = "method-added"
	auditRemove   = "method-removed"
	auditRecovery = "recovery-code-shown"
	auditSaved    = "recovery-code-saved"
	auditRefusal  = "refused"
)

// Meter counts what the audit stream tells, for metrics: words of ours, never
// who it was. Kinds are those of methods, and of errors for refusals.
type Meter interface {
	SignedIn()
	Added(kind string)
	Removed(kind string)
	Refused(kind string)
}

// audit is the stream of security events: who (hashed), what, from where, with
// a sequence number so that gaps show (SL-10). Time is the log record's.
type audit struct {
	log      *slog.Logger
	meter    Meter // may be nil
	sequence atomic.Int64
}

func (a *audit) record(c echo.Context, event, outcome, reason string, user account.User) {
	a.count(event, reason)
	scope := ScopeOf(c)
	a.log.InfoContext(c.Request().Context(), "audit",
		"event", event, "outcome", outcome, "reason", reason,
		"user", pseudonym(user), "client", scope.Client,
		"request", scope.ID, "sequence", a.sequence.Add(1))
}

// count hands an event on to whoever counts.
func (a *audit) count(event, reason string) {
	if a.meter == nil {
		return
	}
	switch event {
	case auditSignIn:
		a.meter.SignedIn()
	case auditAdd:
		a.meter.Added(reason)
	case auditRemove:
		a.meter.Removed(reason)
	case auditRefusal:
		a.meter.Refused(reason)
	}
}

// pseudonym lets an operator follow one user through the log without the log
// naming anybody.
func pseudonym(user account.User) string {
	if user.Subject == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("audit\x00" + user.Key()))
	return hex.EncodeToString(sum[:8])
}
