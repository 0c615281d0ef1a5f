package emulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// tenantData is the settings page.
type tenantData struct {
	tenantJSON
	Emulated []factorRow
	Messages []factorRow // message types of the phone factor
	Always   bool        // policy all-applications
	Switches []switchRow
}

// factorRow is a factor that can be switched.
type factorRow struct {
	Name string
	On   bool
}

// switchRow is a variant with its present value.
type switchRow struct {
	variant
	Chosen string
}

func (c *console) tenant(*http.Request) (string, any, error) {
	c.e.s.mu.Lock()
	defer c.e.s.mu.Unlock()
	data := tenantData{tenantJSON: c.e.tenant()}
	data.Always = len(data.Policy) > 0
	for _, name := range emulatedFactors() {
		data.Emulated = append(data.Emulated, factorRow{name, data.Factors[name]})
	}
	for _, name := range []string{kindSMS, kindVoice} {
		data.Messages = append(data.Messages, factorRow{name, slices.Contains(data.MessageTypes, name)})
	}
	for _, v := range variants() {
		data.Switches = append(data.Switches, switchRow{v, data.Variants[v.Name]})
	}
	return "Tenant settings", data, nil
}

// doTenant saves the settings form, or does what the other buttons say.
func (c *console) doTenant(r *http.Request) error {
	switch {
	case r.PostForm.Has("rotate_keys"):
		return c.e.patchTenant(tenantPatch{RotateKeys: true})
	case r.PostForm.Has("application"):
		return c.doApplication(r)
	}
	types := r.PostForm["message_type"]
	patch := tenantPatch{Factors: make(map[string]bool), MessageTypes: &types, Policy: &[]string{}, Variants: make(map[string]string)}
	for _, name := range emulatedFactors() {
		patch.Factors[name] = slices.Contains(r.PostForm["factor"], name)
	}
	if policy := r.PostFormValue("policy"); policy != "" {
		patch.Policy = &[]string{policy}
	}
	for _, v := range variants() {
		if value := r.PostFormValue("variant_" + v.Name); value != "" {
			patch.Variants[v.Name] = value
		}
	}
	return c.e.patchTenant(patch)
}

// doApplication saves how the refresh tokens of an application behave.
func (c *console) doApplication(r *http.Request) error {
	settings := RefreshSettings{RotationType: r.PostFormValue("rotation_type"), ExpirationType: r.PostFormValue("expiration_type")}
	for name, field := range map[string]*int{
		"leeway": &settings.Leeway, "token_lifetime": &settings.TokenLifetime, "idle_token_lifetime": &settings.IdleLifetime,
	} {
		var err error
		if *field, err = number(r.PostFormValue(name), name); err != nil {
			return err
		}
	}
	body, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	return c.e.patchTenant(tenantPatch{Applications: []applicationPatch{{Name: r.PostFormValue("application"), RefreshToken: body}}})
}

// faultsData is the page of faults: the armed ones, and the form.
type faultsData struct {
	Armed []string
	Form  faultForm
	Chaos bool
	Seed  string // of the chaos there is, or as it was typed
}

// faultForm is what was typed, as it was typed.
type faultForm struct {
	Match, Status, Delay, Times, Body string
	Drop, After                       bool
}

func (c *console) faults(r *http.Request) (string, any, error) {
	c.e.s.mu.Lock()
	defer c.e.s.mu.Unlock()
	data := faultsData{Armed: []string{}, Form: readFaultForm(r)}
	for _, f := range c.e.s.faults {
		data.Armed = append(data.Armed, f.String())
	}
	var seed uint32
	if seed, data.Chaos = c.e.Chaos(); data.Chaos {
		data.Seed = strconv.FormatUint(uint64(seed), 10)
	}
	if r.PostForm.Has("chaos") {
		data.Seed = r.PostFormValue("seed")
	}
	return "Faults", data, nil
}

func readFaultForm(r *http.Request) faultForm {
	v := r.PostFormValue
	return faultForm{v("match"), v("status"), v("delay"), v("times"), v("body"), v("drop") != "", v("after") != ""}
}

// doFaults arms the fault of the form, or does what the other buttons say.
func (c *console) doFaults(r *http.Request) error {
	switch {
	case r.PostForm.Has("clear"):
		c.e.clearFaults()
		return nil
	case r.PostForm.Has("chaos"):
		return c.doChaos(r.PostFormValue("chaos"), r.PostFormValue("seed"))
	}
	form := readFaultForm(r)
	status, err := number(form.Status, "status")
	if err != nil {
		return err
	}
	times, err := number(form.Times, "times")
	if err != nil {
		return err
	}
	f := faultJSON{Match: form.Match, Status: status, Delay: form.Delay, Drop: form.Drop, After: form.After, Times: times}
	if form.Body != "" {
		if f.Body, err = json.Marshal(form.Body); err != nil {
			return err
		}
	}
	return c.e.armFault(f)
}

// doChaos switches chaos on, with a random seed if none was typed, or off.
func (c *console) doChaos(button, typed string) error {
	if button == "off" {
		c.e.stopChaos()
		return nil
	}
	if typed == "" {
		c.e.setChaos(RandomChaos())
		return nil
	}
	seed, err := strconv.ParseUint(typed, 10, 32)
	if err != nil {
		return badRequest("seed must be a number from 0 to 4294967295")
	}
	c.e.setChaos(uint32(seed))
	return nil
}

// number reads a field that may be left empty.
func number(text, name string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, badRequest(name + " must be a number")
	}
	return n, nil
}

// String describes the fault in a sentence for the console.
func (f *fault) String() string {
	parts := []string{f.Match + ":"}
	if f.After {
		parts = append(parts, "do the work, then")
	}
	if f.Delay > 0 {
		parts = append(parts, "wait "+f.Delay.String()+", then")
	}
	switch {
	case f.Drop:
		parts = append(parts, "cut the connection")
	case f.Status != 0:
		parts = append(parts, "answer "+strconv.Itoa(f.Status))
	default:
		parts = append(parts, "answer as usual")
	}
	if f.Times > 0 {
		parts = append(parts, "("+strconv.Itoa(f.Times)+" more)")
	}
	return strings.Join(parts, " ")
}
