package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"time"

	"mysecurity/internal/auth0"
	"mysecurity/internal/config"
	"mysecurity/internal/session"
	"mysecurity/internal/site"
)

// doctorTime bounds all checks together.
const doctorTime = 30 * time.Second

// verdict is how a check ended.
type verdict string

const (
	fine      verdict = "ok"
	warning   verdict = "warning" // it works, and somebody should know
	problem   verdict = "problem" // it will not work
	unchecked verdict = "not checked"
)

// doctor looks at what serve would be started with. It prints addresses and ids
// of the configuration, words of ours and error codes that we know: never a
// secret, nor text that the tenant wrote.
type doctor struct {
	out      io.Writer
	now      func() time.Time
	roots    *x509.CertPool // for PUBLIC_URL; nil: the system's
	limit    time.Duration  // of all checks together
	problems int
	failed   error // writing to out
}

// runDoctor checks configuration and tenant. The error says how many problems
// there are.
func runDoctor(ctx context.Context, environ []string, stdout, _ io.Writer) error {
	d := &doctor{out: stdout, now: time.Now, limit: doctorTime}
	return d.examine(ctx, environ)
}

func (d *doctor) examine(ctx context.Context, environ []string) error {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	if cfg, own, ok := d.configuration(environ); ok {
		d.store(cfg.SessionFile)
		d.tenant(ctx, cfg, own)
		d.publicAddress(ctx, own)
	} else {
		d.say(unchecked, "everything else", "the configuration has to be right first", "")
	}
	switch {
	case d.failed != nil:
		return d.failed
	case d.problems == 1:
		return errors.New("the doctor found a problem")
	case d.problems > 1:
		return fmt.Errorf("the doctor found %d problems", d.problems)
	}
	return nil
}

// say prints what a check found, and below it what to do about it.
func (d *doctor) say(v verdict, check, found, todo string) {
	if v == problem {
		d.problems++
	}
	text := fmt.Sprintf("%-12s %-19s %s\n", v, check, found)
	if todo != "" {
		text += fmt.Sprintf("%32s  %s\n", "->", todo)
	}
	if _, err := io.WriteString(d.out, text); err != nil && d.failed == nil {
		d.failed = err
	}
}

// configuration reads what serve reads, and tells every mistake.
func (d *doctor) configuration(environ []string) (config.Config, site.Site, bool) {
	const check, where = "configuration", "see the README's table; .env.example has every setting"
	cfg, warnings, err := config.Load(environ)
	own, err := publicSite(cfg.PublicURL, err)
	for _, w := range warnings {
		d.say(warning, check, w, "")
	}
	for _, mistake := range mistakes(err) {
		d.say(problem, check, mistake, where)
	}
	if err != nil {
		return cfg, own, false
	}
	d.say(fine, check, "complete; the portal is "+own.Base()+", its tenant "+cfg.Issuer, "")
	return cfg, own, true
}

// mistakes are the single ones of an error that may join others.
func mistakes(err error) []string {
	var all interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &all):
		return []string{err.Error()}
	}
	var texts []string
	for _, one := range all.Unwrap() {
		texts = append(texts, mistakes(one)...)
	}
	return texts
}

// store looks at the session file.
func (d *doctor) store(path string) {
	const check = "session file"
	condition, err := session.Examine(path)
	if err != nil {
		d.say(problem, check, err.Error(), "let the user that runs the portal read and write there, or set DATA_DIR or SESSION_STORE to another place")
		return
	}
	switch condition {
	case session.FileInUse:
		d.say(warning, check, path+" is in use", "right if the portal runs now; a second process on the same file will not start")
	case session.FileDamaged:
		d.say(warning, check, path+" is damaged", "the next start puts it aside and begins with an empty one: people sign in again")
	case session.FileAbsent:
		d.say(fine, check, path+" will be made at the first start", "")
	default:
		d.say(fine, check, path+" can be read and written", "")
	}
}

// tenantConfig is what the client of the tenant is made from.
func tenantConfig(cfg config.Config) auth0.Config {
	return auth0.Config{
		Issuer: cfg.Issuer, ClientID: cfg.ClientID,
		ClientSecret: cfg.ClientSecret, BasicAuth: cfg.BasicAuth,
		MFAAudience: cfg.MFAAudience, AllowLoopbackHTTP: cfg.Mode == config.Development,
		OfflineAccess: cfg.Refresh,
	}
}
