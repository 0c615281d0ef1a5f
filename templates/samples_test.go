package templates

import (
	"slices"
	"sync"
	"testing"
	"time"

	qrcode "github.com/skip2/go-qrcode"

	"mysecurity/internal/site"
)

// now is the moment of all samples.
var now = time.Date(2026, time.November, 3, 14, 5, 0, 0, time.UTC)

const (
	sampleSecret   = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"
	sampleRecovery = "8RMHT57VB2KQXN4DWC93JZEA"
	sampleKey      = "otpauth://totp/Example%20Company:ada@example.com?secret=" + sampleSecret + "&issuer=Example%20Company&algorithm=SHA1&digits=6&period=30"
	samplePush     = "otpauth://totp/Example%20Company:ada@example.com?enrollment_tx_id=4aXmPq9rTt0ZbW3yKd8Lh2Vc7Nf5Jg1S&base_url=https%3A%2F%2Fexample.guardian.eu.auth0.com"
)

// The QR codes of the samples are drawn once: they take longer than all the rest.
var (
	keyQR  = sync.OnceValue(func() [][]bool { return qrOf(sampleKey) })
	pushQR = sync.OnceValue(func() [][]bool { return qrOf(samplePush) })
)

func qrOf(text string) [][]bool {
	qr, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		panic(err)
	}
	qr.DisableBorder = true
	return qr.Bitmap()
}

// samples are one or more views of every page, by name, as a handler would
// fill them. extra is the text that a user's profile or the tenant controls.
func samples(t testing.TB, extra string) map[string]View {
	t.Helper()
	home, err := site.Parse("http://localhost:18080/security/")
	if err != nil {
		t.Fatal(err)
	}
	out := Page{
		Site: home, Asset: func(name string) string { return name }, Nonce: "bm9uY2U",
		Company: "Example Company" + extra, SupportURL: "https://help.example.com/", Place: Place{Key: PageOverview},
	}
	in := out
	in.SignedIn, in.FormToken, in.Today = true, "form-token", now
	in.User = Person{Name: "Ada Lovelace" + extra, Email: "ada@example.com" + extra}
	in.Proof = Proof{Until: now.Add(8 * time.Minute), Left: 7*time.Minute + 30*time.Second}
	views := map[string]View{}
	addLanding(views, out)
	addOverview(views, in, extra)
	addWizard(views, in, extra)
	addChoice(views, in)
	addPhone(views, in, extra)
	addEmail(views, in, extra)
	addMessages(views, in, extra)
	addPush(views, in)
	addRecovery(views, in)
	addRemove(views, in, extra)
	addSignOut(views, in, out)
	for _, kind := range ErrorKinds() {
		views["error-"+string(kind)] = ErrorPage{Page: in, Kind: kind, Reference: "7f3a-91c2" + extra}
	}
	views["error-when"] = ErrorPage{Page: in, Kind: ErrorRateLimited, Reference: "7f3a-91c2", When: now.Add(time.Minute)}
	views["error-signed-out"] = ErrorPage{Page: out, Kind: ErrorSignInRefused, Reference: "7f3a-91c2"}
	return views
}

func at(p Page, key PageKey) Page {
	p.Place = Place{Key: key}
	if key == PageRemove {
		p.Place.Method = "abcd234567abcd23"
	}
	return p
}

func addLanding(views map[string]View, out Page) {
	views["landing"] = Landing{Page: out, Reason: LandingPlain}
	views["landing-sign-in-first"] = Landing{Page: at(out, PageAddApp), Reason: LandingSignInFirst}
	views["landing-ended"] = Landing{Page: at(out, PageRemove), Reason: LandingEnded}
}

// sampleMethods are the rows of somebody who has everything, by section.
func sampleMethods(extra string) Overview {
	return Overview{
		Offers: everything, Recovery: RecoveryActive, Protected: true,
		Apps: []Method{
			{Handle: "abcd234567abcd23", Kind: MethodApp, Number: 1, Removable: true},
			{Handle: "bbcd234567abcd23", Kind: MethodApp, Number: 2, Removable: true, Changed: true},
		},
		Pushes: []Method{{Handle: "ebcd234567abcd23", Kind: MethodPush, Name: "Pixel 9" + extra, Removable: true, Codes: true}},
		Phones: []Method{
			{Handle: "cbcd234567abcd23", Kind: MethodPhone, Name: "XXXXXXXXX0142" + extra, Removable: true, Text: true, Call: true},
			{Handle: "fbcd234567abcd23", Kind: MethodPhone, Name: "XXXXXXXXX0150" + extra, Removable: true, Text: true},
			{Handle: "gbcd234567abcd23", Kind: MethodPhone, Name: "+1123XXXXX" + extra, Removable: true, Call: true},
		},
		Others: []Method{{Handle: "dbcd234567abcd23", Kind: MethodOther, Name: "webauthn" + extra}},
		Emails: []Method{
			{Handle: "hbcd234567abcd23", Kind: MethodEmail, Name: "ada*@exam*******" + extra},
			{Handle: "ibcd234567abcd23", Kind: MethodEmail, Name: "love****@exam****" + extra, Removable: true},
		},
	}
}

func addOverview(views map[string]View, in Page, extra string) {
	all := sampleMethods(extra)
	noticed := in
	noticed.Notice = NoticeRecoverySaved
	over := in
	over.Proof.Left = -time.Second
	one := Overview{Page: in, Offers: Offers{App: true}, Apps: all.Apps[:1], Recovery: RecoveryNone, Protected: true}
	views["overview-one"] = one
	more := one
	more.More = true
	views["overview-more"] = more
	views["overview-empty"] = Overview{Page: in, Offers: everything, Recovery: RecoveryLater}
	views["overview-empty-one"] = Overview{Page: in, Offers: Offers{Text: true}, Emails: all.Emails[:1], Recovery: RecoveryLater}
	views["overview-empty-none"] = Overview{Page: in, Recovery: RecoveryLater}
	unsure := one
	unsure.Apps, unsure.Pushes = slices.Clone(all.Apps), slices.Clone(all.Pushes)
	unsure.Apps[0].Unsure, unsure.Apps[1].Unsure, unsure.Pushes[0].Unsure, unsure.Pushes[0].Codes = true, true, true, false
	views["overview-unsure"] = unsure
	all.Page = noticed
	views["overview"] = all
	one.Page, one.Apps, one.Recovery = over, all.Apps[1:], RecoveryActive
	views["overview-over"] = one
	for _, n := range Notices() {
		one.Page = in
		one.Notice = n
		views["notice-"+string(n)] = one
	}
}

func addWizard(views map[string]View, in Page, extra string) {
	in = at(in, PageAddApp)
	wizard := AddAppWizard{Page: in, Key: AppKey{
		QR: keyQR(), Secret: sampleSecret, URI: sampleKey,
		Account: "ada@example.com" + extra, Issuer: "Example Company" + extra,
		Algorithm: "SHA1", Digits: 6, Period: 30 * time.Second,
	}}
	views["add-app"] = AddAppIntro{Page: in}
	views["add-app-discarded"] = AddAppIntro{Page: in, Discarded: true}
	views["wizard"] = wizard
	for _, problem := range CodeProblems() {
		v := wizard
		v.HasError, v.Problem, v.HasOther, v.Minutes = true, problem, true, 4
		v.Code = "12 34" + extra
		views["wizard-"+string(problem)] = v
	}
	wrong := wizard
	wrong.HasError, wrong.Problem, wrong.AttemptsLeft = true, CodeWrong, 2
	views["wizard-few-left"] = wrong
	many := wizard
	many.HasError, many.Problem, many.RetryAt = true, CodeTooMany, now.Add(6*time.Minute)
	views["wizard-until"] = many
}

func addRecovery(views map[string]View, in Page) {
	in = at(in, PageRecoveryCode)
	unticked := in
	unticked.HasError = true
	views["recovery-code"] = RecoveryCode{Page: in, Code: sampleRecovery, Received: now}
	views["recovery-code-unticked"] = RecoveryCode{Page: unticked, Code: sampleRecovery, Received: now, Unticked: true}
	views["recovery-code-hidden"] = RecoveryCodeHidden{Page: in, Unsaved: true}
	views["recovery-code-none"] = RecoveryCodeHidden{Page: in}
}

func addRemove(views map[string]View, in Page, extra string) {
	in = at(in, PageRemove)
	all := sampleMethods(extra)
	one := all.Apps[0]
	one.Number = 0
	rest := slices.Concat(all.Apps[:1], all.Pushes, all.Phones, all.Others)
	views["remove"] = Remove{Page: in, Target: all.Apps[1], Next: NextOther, Remaining: rest}
	views["remove-last"] = Remove{Page: in, Target: one, Next: NextPassword, Last: true}
	views["remove-email"] = Remove{Page: in, Target: one, Next: NextEmail, Last: true}
	unticked := in
	unticked.HasError = true
	views["remove-unticked"] = Remove{Page: unticked, Target: one, Next: NextPassword, Last: true, Unticked: true}
	views["remove-refused"] = Remove{Page: in, Target: one, Refused: RefusedLast, Minimum: 1}
	views["remove-fixed"] = Remove{Page: in, Target: all.Emails[0], Refused: RefusedFixed}
	for _, kind := range MethodKinds() {
		views["remove-"+string(kind)+"-kind"] = Remove{Page: in, Target: Method{Handle: "h", Kind: kind, Removable: true}, Next: NextOther, Remaining: all.Apps}
	}
	for along, target := range map[Along]Method{AlongBoth: all.Phones[0], AlongCodes: all.Pushes[0], AlongMaybeApp: all.Pushes[0], AlongMaybePush: one} {
		target.Unsure = along == AlongMaybeApp || along == AlongMaybePush
		views["remove-along-"+string(along)] = Remove{Page: in, Target: target, Along: []Along{along}, Next: NextOther, Remaining: all.Phones[1:]}
	}
	views["confirm-no-second-step"] = Confirm{Page: in, NoSecondStep: true}
	views["confirm"] = Confirm{Page: at(in, PageAddApp), Kept: true}
	for _, key := range PageKeys() {
		views["confirm-"+string(key)] = Confirm{Page: at(in, key)}
	}
}

func addSignOut(views map[string]View, in, out Page) {
	views["signing-out"] = SigningOut{Page: out, Target: "http://localhost:8081/oidc/logout?client_id=abc&logout_hint=s"}
	views["signed-out"] = SignedOut{Page: out}
	views["sign-out"] = SignOutWarning{Page: in}
}
