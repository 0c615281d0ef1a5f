package handlers

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"mysecurity/internal/account"
)

// violations bounds how many reports are written to the log: anybody can send
// them.
type violations struct {
	now     func() time.Time
	allowed *rate.Limiter
}

func newViolations(now func() time.Time) violations {
	return violations{now: now, allowed: rate.NewLimiter(rate.Every(time.Second), 20)}
}

// ReportViolation takes a browser's report that our own policy was broken, in
// the form of report-uri (CSP Level 2) or of report-to (Reporting API). Only the
// name of the directive is logged, never what the sender wrote.
func (h *Handlers) ReportViolation(c echo.Context) error {
	body, err := io.ReadAll(c.Request().Body) // bounded for every route
	if err != nil {
		return account.Fail(KindTooLarge, nil)
	}
	if h.violations.allowed.AllowN(h.violations.now(), 1) {
		h.Log.WarnContext(c.Request().Context(), "policy violation reported", "directive", brokenDirective(body))
	}
	return c.NoContent(http.StatusNoContent)
}

// brokenDirective names what was violated, "other" for what no policy of ours
// has and for what cannot be read.
func brokenDirective(body []byte) string {
	var old struct {
		Report struct {
			Effective string `json:"effective-directive"`
		} `json:"csp-report"`
	}
	if json.Unmarshal(body, &old) == nil {
		return knownDirective(old.Report.Effective)
	}
	var reports []struct {
		Body struct {
			Effective string `json:"effectiveDirective"`
		} `json:"body"`
	}
	if json.Unmarshal(body, &reports) == nil && len(reports) > 0 {
		return knownDirective(reports[0].Body.Effective)
	}
	return knownDirective("")
}

func knownDirective(name string) string {
	switch name {
	case "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr",
		"img-src", "connect-src", "form-action", "frame-ancestors", "require-trusted-types-for", "trusted-types":
		return name
	default:
		return "other"
	}
}
