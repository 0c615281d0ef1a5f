package emulator

import (
	"sync"
	"time"
)

// store is the tenant's whole state, in memory only. One mutex guards it:
// handlers lock it for the length of one request and never while writing an
// answer.
type store struct {
	mu sync.Mutex

	tenant tenantSettings
	apps   map[string]*application // by client id
	users  map[string]*user        // by user id

	authenticators map[string][]*authenticator // by user id, in order of creation

	logins       map[string]*login        // one pass through the sign-in pages, by random id
	sessions     map[string]*ssoSession   // browser sessions at the tenant, by sid
	codes        map[string]*authCode     // authorization codes
	mfaTokens    map[string]*mfaToken     // opaque Fe26.2* tokens
	accessTokens map[string]*opaqueAccess // opaque access tokens (no audience asked)
	codeBuckets  map[string]*bucket       // wrong-code bucket by user id

	log      []logEvent      // tenant log, newest last, bounded
	requests []requestRecord // what the tenant was asked, bounded, no secrets
	phones   map[string]*phone
}

// tenantSettings are what an administrator would set in the dashboard.
type tenantSettings struct {
	Name         string            // friendly name, in otpauth labels and pages
	Factors      map[string]bool   // Guardian factor names: otp, recovery-code, sms, ...
	MessageTypes []string          // of the phone factor: sms, voice
	Policy       []string          // [] never, ["all-applications"] always
	Variants     map[string]string // which answer to give where the sources disagree
	SendIss      bool              // RFC 9207: iss in authorization answers
}

type application struct {
	Name         string
	ClientID     string
	ClientSecret string
	Callbacks    []string
	LogoutURLs   []string
	GrantTypes   []string
}

type user struct {
	ID            string
	Email         string
	EmailVerified bool
	Password      string
	Name          string
	Locale        string
	Blocked       bool
	UpdatedAt     time.Time
}

// authenticator is one entry of the user's MFA list; wire shapes are made from
// it, never stored.
type authenticator struct {
	ID        string // totp|dev_…, recovery-code|dev_…
	Kind      string // "totp", "recovery-code"; later sms, voice, email, push
	Active    bool
	Secret    string // totp: base32; recovery-code: the code itself
	LastStep  int64  // totp: last accepted 30-second step, for single use
	CreatedAt time.Time
	Confirmed time.Time
	LastAuth  time.Time
}

// login is one authorization request on its way through the sign-in pages.
type login struct {
	ID          string
	Request     authorizeRequest
	UserID      string // set after the password
	NeedsMFA    bool
	MFADone     bool
	NewRecovery string // replacement to show after a recovery code was used
	AuthTime    time.Time
	PasswordAt  time.Time
	Expires     time.Time
}

type authorizeRequest struct {
	ClientID      string
	RedirectURI   string
	Scope         string
	Audience      string
	State         string
	Nonce         string
	Challenge     string // PKCE S256
	Prompt        string
	MaxAge        *int
	LoginHint     string
	UILocales     string
	ResponseMode  string
	AcrValues     string
	RequestedAuth bool // max_age or prompt=login was sent: auth_time goes into the ID token
}

type ssoSession struct {
	SID      string
	UserID   string
	AuthTime time.Time
	Created  time.Time
	LastUsed time.Time
	Expires  time.Time
}

type authCode struct {
	Code     string
	Request  authorizeRequest
	UserID   string
	SID      string
	AuthTime time.Time
	MFA      bool
	Expires  time.Time
	Used     bool
}

type mfaToken struct {
	Token    string
	ClientID string
	UserID   string
	Audience string
	Scope    string
	Expires  time.Time
}

type opaqueAccess struct {
	UserID  string
	Scope   string
	Expires time.Time
}

// bucket is Auth0's wrong-code allowance: ten, refilled by one per six minutes;
// only a failure takes from it and a success gives nothing back.
type bucket struct {
	Tokens  float64
	Updated time.Time
}

type logEvent struct {
	At     time.Time
	Type   string // tenant log codes: s, fp, gd_start_enroll, ...
	UserID string
	Text   string
}

type requestRecord struct {
	At     time.Time
	Method string
	Path   string
	Status int
}

// phone is a simulated handset with an authenticator app.
type phone struct {
	ID       string
	UserID   string
	Name     string
	Accounts []phoneAccount
}

type phoneAccount struct {
	Label  string
	Issuer string
	Secret string
}
