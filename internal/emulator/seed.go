package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Names of the two applications that every tenant has.
const (
	portalName     = "portal"
	managementName = "portal-management"
)

// Seed is a tenant's initial state: the shape of GET /control/tenant plus users.
// Ids, secrets and passwords left out are made up at start.
type Seed struct {
	Name         string            `json:"name,omitempty"`
	Domain       string            `json:"domain,omitempty"` // if given, must agree with the public URL
	Issuer       string            `json:"issuer,omitempty"` // the same
	Applications []Application     `json:"applications"`
	Factors      map[string]bool   `json:"factors"`
	MessageTypes []string          `json:"message_types"`
	Policy       []string          `json:"policy"`
	Variants     map[string]string `json:"variants"`
	Users        []SeedUser        `json:"users,omitempty"`
}

// Application is one registered application.
type Application struct {
	Name         string   `json:"name"`
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret"`
	Callbacks    []string `json:"callbacks"`
	LogoutURLs   []string `json:"logout_urls"`
	GrantTypes   []string `json:"grant_types"`

	RefreshToken RefreshSettings `json:"refresh_token"`
}

// SeedUser is one user with a password and confirmed authenticators.
type SeedUser struct {
	UserID         string              `json:"user_id"`
	Email          string              `json:"email"`
	EmailVerified  bool                `json:"email_verified"`
	Password       string              `json:"password,omitempty"`
	Name           string              `json:"name"`
	Locale         string              `json:"locale,omitempty"`
	Blocked        bool                `json:"blocked,omitempty"`
	Authenticators []SeedAuthenticator `json:"authenticators,omitempty"`
}

// ReadSeed decodes a seed file. Unknown members are refused: a misspelt one
// would otherwise silently fall back to the default.
func ReadSeed(r io.Reader) (*Seed, error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	var seed Seed
	if err := decoder.Decode(&seed); err != nil {
		return nil, fmt.Errorf("emulator seed: %w", err)
	}
	if decoder.More() {
		return nil, errors.New("emulator seed: more than one JSON value")
	}
	return &seed, nil
}

// builtinSeed is the tenant of design section 5.
func builtinSeed() Seed {
	return Seed{
		Users: []SeedUser{
			{Email: "ada@example.com", EmailVerified: true, Name: "Ada Demo"},
			{Email: "bruno@example.com", EmailVerified: true, Name: "Bruno Demo", Authenticators: []SeedAuthenticator{{Type: seedApp}, {Type: seedRecovery}, {Type: seedPhone, Number: "+447700900147"}}},
			{Email: "chloe@example.com", EmailVerified: true, Name: "Chloé Demo", Locale: "fr-CA"},
			{Email: "dan@example.com", EmailVerified: true, Name: "Dan Demo", Authenticators: []SeedAuthenticator{{Type: seedPush}}},
		},
	}
}

// resolveSeed completes the seed with defaults, ids and secrets, and checks it.
func (e *Emulator) resolveSeed(o Options) (Seed, error) {
	seed := builtinSeed()
	if o.Seed != nil {
		seed = *o.Seed
	}
	domain := strings.TrimPrefix(strings.TrimPrefix(e.publicURL, "https://"), "http://")
	if seed.Domain != "" && seed.Domain != domain || seed.Issuer != "" && seed.Issuer != e.issuer {
		return Seed{}, fmt.Errorf("emulator seed: domain %q or issuer %q is not that of %s", seed.Domain, seed.Issuer, e.publicURL)
	}
	seed.Domain, seed.Issuer = domain, e.issuer
	e.defaultSettings(&seed)
	e.defaultApplications(&seed, o)
	settings := tenantPatch{Factors: seed.Factors, MessageTypes: &seed.MessageTypes, Policy: &seed.Policy, Variants: seed.Variants}
	if err := settings.check(); err != nil {
		return Seed{}, fmt.Errorf("emulator seed: %w", err)
	}
	if err := e.completeUsers(&seed); err != nil {
		return Seed{}, err
	}
	return seed, e.checkApplications(seed.Applications)
}

func (e *Emulator) defaultSettings(seed *Seed) {
	if seed.Name == "" {
		seed.Name = "Example Company"
	}
	if seed.Factors == nil {
		seed.Factors = make(map[string]bool)
		for _, name := range emulatedFactors() {
			seed.Factors[name] = true
		}
	}
	if seed.Policy == nil {
		seed.Policy = []string{}
	}
	if seed.MessageTypes == nil {
		seed.MessageTypes = []string{kindSMS, kindVoice}
	}
}

// defaultApplications adds the two well-known applications if they are absent,
// and the caller's URLs to the portal.
func (e *Emulator) defaultApplications(seed *Seed, o Options) {
	seed.Applications = slices.Clone(seed.Applications)
	known := map[string][]string{
		portalName:     {grantAuthorizationCode, grantRefreshToken, grantPassword, grantPasswordRealm, grantTypeMFAOTP, grantTypeMFAOOB, grantTypeMFARecoveryCode},
		managementName: {grantClientCredentials},
	}
	for _, name := range []string{portalName, managementName} {
		if !slices.ContainsFunc(seed.Applications, func(a Application) bool { return a.Name == name }) {
			seed.Applications = append(seed.Applications, Application{Name: name, GrantTypes: known[name]})
		}
	}
	for i := range seed.Applications {
		app := &seed.Applications[i]
		if app.Name == portalName {
			app.Callbacks = merge(app.Callbacks, o.Callbacks)
			app.LogoutURLs = merge(app.LogoutURLs, o.LogoutURLs)
		}
		if app.GrantTypes == nil {
			app.GrantTypes = known[app.Name]
		}
		if app.ClientID == "" {
			app.ClientID = randomString(e.rand, 32, alphanumeric)
		}
		if app.ClientSecret == "" {
			app.ClientSecret = randomString(e.rand, 64, base64URLAlphabet)
		}
		app.RefreshToken = app.RefreshToken.withDefaults()
		app.Callbacks, app.LogoutURLs, app.GrantTypes = merge(nil, app.Callbacks), merge(nil, app.LogoutURLs), merge(nil, app.GrantTypes)
	}
}

func (e *Emulator) checkApplications(apps []Application) error {
	ids := make(map[string]bool, len(apps))
	for _, app := range apps {
		if ids[app.ClientID] {
			return fmt.Errorf("emulator seed: client id %q twice", app.ClientID)
		}
		ids[app.ClientID] = true
		if err := app.RefreshToken.check(); err != nil {
			return fmt.Errorf("emulator seed: application %q: %w", app.Name, err)
		}
	}
	return nil
}

// completeUsers fills in ids, passwords and secrets.
func (e *Emulator) completeUsers(seed *Seed) error {
	seed.Users = slices.Clone(seed.Users)
	ids, emails := make(map[string]bool), make(map[string]bool)
	for i := range seed.Users {
		u := &seed.Users[i]
		if err := e.completeUser(u); err != nil {
			return fmt.Errorf("emulator seed: user %d: %w", i+1, err)
		}
		if ids[u.UserID] || emails[strings.ToLower(u.Email)] {
			return fmt.Errorf("emulator seed: user %d has an e-mail address or an id that is taken", i+1)
		}
		ids[u.UserID], emails[strings.ToLower(u.Email)] = true, true
	}
	return nil
}

// completeUser fills in id, password and secrets of one user.
func (e *Emulator) completeUser(u *SeedUser) error {
	if u.Email == "" {
		return badRequest("there is no e-mail address")
	}
	if u.UserID == "" {
		u.UserID = e.newUserID()
	}
	if u.Password == "" {
		u.Password = e.newPassword()
	}
	u.Authenticators = slices.Clone(u.Authenticators)
	for i := range u.Authenticators {
		if err := e.completeAuthenticator(u, &u.Authenticators[i]); err != nil {
			return err
		}
	}
	return nil
}

func (e *Emulator) newUserID() string { return "auth0|" + randomString(e.rand, 24, "0123456789abcdef") }

// newPassword makes a password that can be typed from the sign-in page.
func (e *Emulator) newPassword() string {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789" // no look-alikes
	group := func() string { return randomString(e.rand, 4, letters) }
	return group() + "-" + group() + "-" + group()
}

// merge returns a new, never nil list of a's and b's entries without repetition.
func merge(a, b []string) []string {
	out := make([]string, 0, len(a)+len(b))
	for _, v := range slices.Concat(a, b) {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// startOver brings back the seed: state, faults, records and the clock. Ids,
// passwords, secrets and signing keys stay those of this start.
func (e *Emulator) startOver() {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	e.clock.Reset()
	e.reset()
}

// reset puts the tenant back to its seed. The caller holds the store's lock.
func (e *Emulator) reset() {
	e.s.clear()
	e.stopChaos()
	if e.initial != nil {
		e.setChaos(*e.initial)
	}
	e.s.tenant = tenantSettings{
		Name:         e.seed.Name,
		Factors:      maps.Clone(e.seed.Factors),
		MessageTypes: slices.Clone(e.seed.MessageTypes),
		Policy:       slices.Clone(e.seed.Policy),
		Variants:     maps.Clone(e.seed.Variants),
	}
	for _, a := range e.seed.Applications {
		e.s.apps[a.ClientID] = &a
	}
	for _, u := range e.seed.Users {
		e.addUser(u)
	}
}
