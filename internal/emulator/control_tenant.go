package emulator

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// tenantJSON is the answer of GET /control/tenant. It carries the applications'
// secrets: whoever configures a portal against this tenant needs them.
type tenantJSON struct {
	Domain       string            `json:"domain"`
	Issuer       string            `json:"issuer"`
	Applications []Application     `json:"applications"`
	Factors      map[string]bool   `json:"factors"`
	MessageTypes []string          `json:"message_types"`
	Policy       []string          `json:"policy"`
	Variants     map[string]string `json:"variants"`
}

// tenantPatch is the body of PATCH /control/tenant. What is absent stays; factors
// and variants that are not named stay too.
type tenantPatch struct {
	Factors      map[string]bool   `json:"factors"`
	MessageTypes *[]string         `json:"message_types"`
	Policy       *[]string         `json:"policy"`
	Variants     map[string]string `json:"variants"`
	RotateKeys   bool              `json:"rotate_keys"`

	Applications []applicationPatch `json:"applications"`
}

// factorNames are the factors of a tenant in the order of the vendor's listing.
// The emulator imitates those of emulatedFactors; the others are always off.
func factorNames() []string {
	return []string{"sms", "push-notification", "otp", "email", "duo", "webauthn-roaming", "webauthn-platform", "recovery-code"}
}

// emulatedFactors are the ones that can be switched on here.
func emulatedFactors() []string {
	return []string{"sms", "push-notification", "otp", "email", "recovery-code"}
}

func (e *Emulator) controlTenant(*http.Request) (int, any, error) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	return http.StatusOK, e.tenant(), nil
}

// tenant describes the tenant. The caller holds the store's lock.
func (e *Emulator) tenant() tenantJSON {
	t := tenantJSON{
		Domain:       e.seed.Domain,
		Issuer:       e.issuer,
		Applications: []Application{},
		Factors:      make(map[string]bool),
		MessageTypes: slices.Clone(e.s.tenant.MessageTypes),
		Policy:       slices.Clone(e.s.tenant.Policy),
		Variants:     e.allVariants(),
	}
	for _, name := range factorNames() {
		t.Factors[name] = e.s.tenant.Factors[name]
	}
	for _, app := range e.s.apps {
		t.Applications = append(t.Applications, *app)
	}
	slices.SortFunc(t.Applications, func(a, b Application) int { return cmp.Compare(a.Name, b.Name) })
	return t
}

// controlPatchTenant changes settings and answers with the tenant as it is then.
func (e *Emulator) controlPatchTenant(r *http.Request) (int, any, error) {
	var patch tenantPatch
	if err := decodeStrict(r, &patch); err != nil {
		return 0, nil, err
	}
	if err := e.patchTenant(patch); err != nil {
		return 0, nil, err
	}
	return e.controlTenant(r)
}

// patchTenant changes the tenant's settings: all that the patch names, or
// nothing if any of it is wrong.
func (e *Emulator) patchTenant(patch tenantPatch) error {
	if err := patch.check(); err != nil {
		return err
	}
	if err := e.applyPatch(patch); err != nil {
		return err
	}
	if patch.RotateKeys { // without the lock: a new key takes long to make
		return e.keys.rotate()
	}
	return nil
}

func (e *Emulator) applyPatch(patch tenantPatch) error {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	if err := e.patchApplications(patch.Applications); err != nil {
		return err
	}
	t := &e.s.tenant
	t.Factors = merged(t.Factors, patch.Factors)
	t.Variants = merged(t.Variants, patch.Variants)
	if patch.MessageTypes != nil {
		t.MessageTypes = slices.Clone(*patch.MessageTypes)
	}
	if patch.Policy != nil {
		t.Policy = slices.Clone(*patch.Policy)
	}
	return nil
}

// check reports the first thing that is wrong with a patch. Switching on what the
// emulator does not imitate is refused: a test of it would prove nothing.
func (p tenantPatch) check() error {
	for name, on := range p.Factors {
		switch {
		case !slices.Contains(factorNames(), name):
			return badRequest(fmt.Sprintf("there is no factor %q", name))
		case on && !slices.Contains(emulatedFactors(), name):
			return badRequest(fmt.Sprintf("the emulator does not have the factor %q", name))
		}
	}
	for name, value := range p.Variants {
		v, known := variantNamed(name)
		switch {
		case !known:
			return badRequest(fmt.Sprintf("there is no variant %q", name))
		case !slices.Contains(v.Values, value):
			return badRequest(fmt.Sprintf("variant %q is one of %q", name, v.Values))
		}
	}
	if p.MessageTypes != nil && !isSetOf(*p.MessageTypes, "sms", "voice") {
		return badRequest("message_types holds sms, voice, both or nothing")
	}
	if p.Policy != nil && !isSetOf(*p.Policy, "all-applications") {
		return badRequest(`policy is [] or ["all-applications"]`)
	}
	return nil
}

// isSetOf reports whether list holds only allowed entries, none twice.
func isSetOf(list []string, allowed ...string) bool {
	for i, v := range list {
		if !slices.Contains(allowed, v) || slices.Contains(list[:i], v) {
			return false
		}
	}
	return true
}

// merged returns a new map with the entries of both; change wins.
func merged[V any](old, change map[string]V) map[string]V {
	out := make(map[string]V, len(old)+len(change))
	maps.Copy(out, old)
	maps.Copy(out, change)
	return out
}
