package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"mysecurity/internal/config"
	"mysecurity/internal/porttest"
)

// TestSecretsAreNotPrinted (SL-01): whatever setting a secret was given to, and in
// whatever shape, neither the doctor nor a start prints it.
func TestSecretsAreNotPrinted(t *testing.T) {
	secrets := map[string]string{
		"client secret": "Qx7_canary-Zt4bM1vK9sPw2RfYc6HjLd8NgUe3AoXiTq5BzVyCkWrJmGhSnE0p",
		"session key":   "mF3x+canary/0Qe7sYb2Zp9LhTj5Vw1KuRc8NdGiXo4=",
	}
	for kind, canary := range secrets {
		for _, v := range config.Variables() {
			for what, value := range map[string]string{"alone": canary, "in an address": "https://localhost/" + canary, "in a list": "app," + canary} {
				t.Run(fmt.Sprintf("SL-01 %s, %s %s", v.Name, kind, what), func(t *testing.T) {
					t.Parallel()
					p := newPatient(t)
					p.environ["PORTAL_ADDR"], p.environ["ADMIN_ADDR"] = porttest.FreeAddress(t), porttest.FreeAddress(t)
					p.environ[v.Name] = value
					if _, err := p.examine(); err != nil && strings.Contains(err.Error(), canary) {
						t.Error(err) // what was printed, examine looks through
					}
					p.start()
				})
			}
		}
	}
}

// start is serve with what the doctor has looked at, told to end before it begins.
func (p *patient) start() {
	p.t.Helper()
	ended, end := context.WithCancel(p.t.Context())
	end()
	var out lockedBuffer
	err := run(ended, []string{"serve"}, p.given, &out, &out)
	if text := out.String() + fmt.Sprint(err); strings.Contains(text, "canary") || err == nil && !strings.Contains(text, `"serving"`) {
		p.t.Errorf("SL-01 said at the start:\n%s", text)
	}
}
