package handlers

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
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

// ReportViolation takes a browser's report that our own policy was broken.
// Only the name of the directive is logged, never what the sender wrote.
func (h *Handlers) ReportViolation(c echo.Context) error {
	var report struct {
		Report struct {
			Effective string `json:"effective-directive"`
		} `json:"csp-report"`
	}
	decoded := json.NewDecoder(c.Request().Body).Decode(&report)
	if h.violations.allowed.AllowN(h.violations.now(), 1) {
		h.Log.WarnContext(c.Request().Context(), "policy violation reported",
			"directive", knownDirective(report.Report.Effective), "readable", decoded == nil)
	}
	return c.NoContent(http.StatusNoContent)
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
