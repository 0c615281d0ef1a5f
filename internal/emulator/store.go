package emulator

import (
	"crypto/rsa"
	"sync"
	"time"
)

// store is the tenant's whole state, in memory only. One mutex guards it:
// handlers lock it for the length of one request and never while writing an
// answer.
type store struct {
	mu sync.Mutex

	tenant tenantSettings
	apps   map[string]*Application // by client id
	users  map[string]*user        // by user id

	authenticators map[string][]*authenticator // by user id, in order of creation

	logins       map[string]*login        // one pass through the sign-in pages, by random id
	sessions     map[string]*ssoSession   // browser sessions at the tenant, by cookie value
	codes        map[string]*authCode     // by authorization code
	mfaTokens    map[string]*mfaToken     // by opaque Fe26.2* token
	accessTokens map[string]*opaqueAccess // by opaque access token (no audience asked)

	refreshTokens map[string]*refreshToken         // by value, the used ones of a family included
	refreshActive map[refreshOwner][]*refreshToken // those that can be used, oldest first

	codeBuckets     map[string]*bucket // allowance of wrong codes by user id
	recoveryBuckets map[string]*bucket // allowance of wrong recovery codes by user id
	phoneBuckets    map[string]*bucket // allowance of texts and calls together by user id
	emailBuckets    map[string]*bucket // allowance of e-mails by user id
	pushBuckets     map[string]*bucket // allowance of push notifications by user id

	oobs     map[string]*oob // out-of-band transactions by oob_code
	messages []message       // texts, calls and e-mails, newest last, bounded

	log      []logEvent        // tenant log, newest last, bounded
	requests []recordedRequest // what the tenant was asked, bounded, no secrets
	phones   map[string]*phone // by user id
	faults   []*fault          // what goes wrong on purpose, oldest first

	passwordFailures map[string]failures  // wrong passwords in a row by user id
	revoked          map[string]time.Time // ids of revoked access tokens, and when they would have expired
	challenged       map[string]time.Time // ids of access tokens that a second factor was proven for, and when they expire
	swept            time.Time            // when the expired was last forgotten
	quota            quota                // requests of this minute
}

func newStore() *store {
	s := &store{}
	s.clear()
	return s
}

// clear forgets everything. The caller holds the lock.
func (s *store) clear() {
	s.tenant = tenantSettings{}
	s.apps = make(map[string]*Application)
	s.users = make(map[string]*user)
	s.authenticators = make(map[string][]*authenticator)
	s.logins = make(map[string]*login)
	s.sessions = make(map[string]*ssoSession)
	s.codes = make(map[string]*authCode)
	s.mfaTokens = make(map[string]*mfaToken)
	s.accessTokens = make(map[string]*opaqueAccess)
	s.refreshTokens = make(map[string]*refreshToken)
	s.refreshActive = make(map[refreshOwner][]*refreshToken)
	s.codeBuckets = make(map[string]*bucket)
	s.recoveryBuckets = make(map[string]*bucket)
	s.phoneBuckets = make(map[string]*bucket)
	s.emailBuckets = make(map[string]*bucket)
	s.pushBuckets = make(map[string]*bucket)
	s.oobs, s.messages = make(map[string]*oob), nil
	s.passwordFailures = make(map[string]failures)
	s.revoked = make(map[string]time.Time)
	s.challenged = make(map[string]time.Time)
	s.swept, s.quota = time.Time{}, quota{}
	s.phones = make(map[string]*phone)
	s.log, s.requests, s.faults = nil, nil, nil
}

// tenantSettings are what an administrator would set in the dashboard.
type tenantSettings struct {
	Name         string            // friendly name, in otpauth labels and pages
	Factors      map[string]bool   // Guardian factor names: otp, recovery-code, sms, ...
	MessageTypes []string          // of the phone factor: sms, voice
	Policy       []string          // [] never, ["all-applications"] always
	Variants     map[string]string // which answer to give where the sources disagree
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
	ID       string // totp|dev_…, recovery-code|dev_…, sms|dev_…
	Kind     string // one of the kind constants
	Active   bool
	Secret   string  // totp: base32; recovery-code: the code itself
	LastStep int64   // totp: last accepted 30-second step, for single use
	To       string  // sms, voice: number in E.164 form; email: address
	Twin     string  // id of the entry that is removed with this one, or ""
	Device   *device // push: the phone that scanned, nil before that
}

// device is a phone with the Guardian app as the tenant knows it.
type device struct {
	ID         string         // dev_…, of the authenticator's id
	Identifier string         // the phone's own
	Name       string         // shown to the user
	Key        *rsa.PublicKey // checks what the phone signs; nil for a seeded one until adoptDeviceKey
	Token      string         // given to the phone at the scan; older apps authenticate with it

	// Where push notifications go.
	PushService, PushToken string
}

// login is one authorization request on its way through the sign-in pages.
type login struct {
	ID            string
	Lang          string
	Request       authorizeRequest
	UserID        string       // set after the password, or by the browser's session
	SID           string       // of that session; "": the sign-in makes one
	Replaces      *ssoSession  // what the browser had at the start, ended by a new session
	AuthTime      time.Time    // when the password was typed
	FirstFactorAt time.Time    // when the wait for the second factor began
	MFADone       bool         // a challenge was passed in this very login
	Second        secondFactor // how the challenge is being answered
	NewRecovery   string       // replacement to show after a recovery code was used
	Consented     bool
	Expires       time.Time
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
	ResponseMode  string
	AcrValues     string
	RequestedAuth bool // max_age or prompt=login was sent: auth_time goes into the ID token
}

// ssoSession is a browser's session at the tenant. Its cookie value is its key in
// the store and nowhere else: the sid goes out in ID tokens and opens nothing.
type ssoSession struct {
	SID      string
	UserID   string
	AuthTime time.Time // when the password was last typed
	Created  time.Time
	LastUsed time.Time
}

// failures counts wrong passwords in a row.
type failures struct {
	Count int
	Last  time.Time
}

type authCode struct {
	Request  authorizeRequest
	UserID   string
	SID      string
	AuthTime time.Time
	MFA      bool
	Expires  time.Time
	Used     bool

	// What it was exchanged for, to be revoked when it is used again.
	AccessToken  string
	RefreshToken string
}

type mfaToken struct {
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

type logEvent struct {
	At     time.Time
	Type   string // tenant log codes: s, fp, gd_start_enroll, ...
	UserID string
	Text   string
}
