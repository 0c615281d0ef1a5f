package handlers

import (
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
	auditRecovery = "recovery-code-shown" // each time that it is on a page
	auditDownload = "recovery-code-downloaded"
	auditSaved    = "recovery-code-saved"
	auditRefusal  = "refused"
)

// noSecondStep is the reason of a refusal without an error: the tenant did not ask
// somebody for the second factor they have.
const noSecondStep = "no-second-step"

// Meter counts what the audit stream tells, for metrics: words of ours, never
// who it was. Kinds are those of methods, and of errors for refusals.
type Meter interface {
	SignedIn()
	Added(kind string)
	Removed(kind string)
	Refused(kind string)
}

// audit is the stream of security events: who and in which session (both under
// keyed hashes), what, from where, with a sequence number so that gaps show
// (SL-10). Time is the log record's.
type audit struct {
	log      *slog.Logger
	name     func(account.User) string
	meter    Meter // may be nil
	sequence atomic.Int64
}

func (a *audit) record(c echo.Context, event, outcome, reason string, user account.User) {
	a.count(event, reason)
	scope, session := ScopeOf(c), ""
	if scope.Session != nil {
		session = scope.Session.AuditName()
	}
	a.log.InfoContext(c.Request().Context(), "audit",
		"event", event, "outcome", outcome, "reason", reason,
		"user", a.name(user), "session", session, "client", scope.Client,
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
