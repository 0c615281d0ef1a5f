package templates

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"mysecurity/internal/i18n"
)

// TestPages checks what each page says and offers, by meaning: a selector and
// the words that a visitor reads there. Words that begin with "!" must not be
// found, and empty words want the element to be absent.
func TestPages(t *testing.T) {
	checkPages(t, []pageTest{
		{"landing", "h1", "My security settings"},
		{"landing", "main a.button[href='http://localhost:18080/security/sign-in?page=overview']", "Sign in"},
		{"landing", ".whose, form[action$='/sign-out']", ""},
		{"landing-sign-in-first", "h1", "Sign in to continue"},
		{"landing-sign-in-first", "main a[href$='/sign-in?page=add-app']", "Sign in"},
		{"landing-sign-in-first", ".waiting", "Add an authenticator app"},
		{"landing-ended", "h1", "Your session has ended"},
		{"landing-ended", "a[href$='/sign-in?method=abcd234567abcd23&page=remove']", "Sign in"},

		{"overview", "#notice[role=status][autofocus][tabindex='-1']", "recovery code is in your hands"},
		{"overview", ".status h2", "Your account has a second step"},
		{"overview", "section[aria-labelledby=apps] li:nth-child(1)", "Authenticator app 1"},
		{"overview", "section[aria-labelledby=apps] li:nth-child(1)", "!New"},
		{"overview", "section[aria-labelledby=apps] li.changed", "Authenticator app 2 New"},
		{"overview", "a[href$='/methods/bbcd234567abcd23/remove']", "Remove Authenticator app 2"},
		{"overview", ".status a.button[href$='/add']", "Add a method"},
		{"overview", "[aria-labelledby=apps] ~ [aria-labelledby=pushes] ~ [aria-labelledby=phones] ~ [aria-labelledby=others] ~ [aria-labelledby=emails]", "Email"},
		{"overview", "section[aria-labelledby=pushes] li", "Notification on your phone Pixel 9 You approve the sign-in on your phone. The same app also gives codes."},
		{"overview", "section[aria-labelledby=phones] li:nth-child(1)", "Phone number ending in 0142 You receive a code by text message or by call"},
		{"overview", "section[aria-labelledby=phones] li:nth-child(1)", "!XXX"},
		{"overview", "section[aria-labelledby=phones] li:nth-child(1) a", "Remove Phone number ending in 0142"},
		{"overview", "section[aria-labelledby=phones] li:nth-child(2)", "You receive a code by text message"},
		{"overview", "section[aria-labelledby=phones] li:nth-child(2)", "!call"},
		{"overview", "section[aria-labelledby=phones] li:nth-child(3)", "Phone number +1123XXXXX You receive a code by call"},
		{"overview", "section[aria-labelledby=others] li", "Another method webauthn"},
		{"overview", "section[aria-labelledby=others] a", ""},
		{"overview", "section[aria-labelledby=emails] li:nth-child(1)", "Code by email Comes with your accountada*@exam******* You receive a code at this address. It cannot be removed here."},
		{"overview", "section[aria-labelledby=emails] li:nth-child(1) a", ""},
		{"overview", "section[aria-labelledby=emails] li:nth-child(2)", "!account"},
		{"overview", "section[aria-labelledby=emails] li:nth-child(2) a[href$='/methods/ibcd234567abcd23/remove']", "Remove Code by email"},
		{"overview-unsure", "section[aria-labelledby=apps] li:nth-child(2)", "The two are then removed together"},
		{"overview-unsure", "section[aria-labelledby=pushes] li", "One of your authenticator apps may be the same app"},
		{"overview-unsure", "section[aria-labelledby=pushes] li", "!The same app"},
		{"overview", "section[aria-labelledby=recovery]", "A recovery code is set up"},
		{"overview", "[data-proof='450'] .proof-line", "Time left to make changes: 8 min"},
		{"overview", ".proof-line a[href$='/sign-in?page=overview']", "Confirm again"},
		{"overview", ".whose", "Ada Lovelace ada@example.com"},
		{"overview-one", "section[aria-labelledby=others], section[aria-labelledby=emails], .badge", ""},
		{"overview-one", ".status a.button[href$='/add/app']", "Add a method"},
		{"overview-one", "section[aria-labelledby=recovery]", "You have no recovery code"},
		{"overview-empty", ".status h2", "Protect your account with a second step"},
		{"overview-empty", "main a.button[href$='/add/app']", "Add an authenticator app"},
		{"overview-empty", ".status a.button.quiet[href$='/add']", "Other ways"},
		{"overview-empty", "section[aria-labelledby=apps]", ""},
		{"overview-empty-one", ".status a.button[href$='/add/phone']", "Add a phone number"},
		{"overview-empty-one", ".status a.button.quiet", ""},
		{"overview-empty-one", "section[aria-labelledby=emails]", "Comes with your account"},
		{"overview-empty-none", ".status a", ""},
		{"overview-over", ".proof-line", "To make changes, confirm once more"},

		{"add-app", "form[action$='/add/app'] button", "Start"},
		{"add-app", "#discarded", ""},
		{"add-app-discarded", "#discarded[role=alert][autofocus]", "Five codes in a row did not fit"},

		{"wizard", "ol.steps > li:nth-child(1) h2", "1 Get an authenticator app"},
		{"wizard", "ol.steps > li:nth-child(2) h2", "2 Scan the QR code"},
		{"wizard", "ol.steps > li:nth-child(3) h2", "3 Enter the code"},
		{"wizard", ".same-phone + .scan .plate + div h3", "Or type this key"},
		{"wizard", ".same-phone", "iPhone opens its own Passwords app"},
		{"wizard", "code#key span:nth-child(2)", "G5CT"},
		{"wizard", "button[data-copy=key][hidden]", "Copy the key"},
		{"wizard", "details dl", "Time-based (TOTP)"},
		{"wizard", "details dl", "30 seconds"},
		{"wizard", "label[for=code]", "Code from the app"},
		{"wizard", "#summary, .mistake, [aria-invalid]", ""},
		{"wizard", ".callout.calm", "After 15 minutes without activity your session ends"},
		{"wizard", "form[action$='/add/app/cancel'] button", "Cancel and add nothing"},
		{"wizard", "main", "!keeps working"},
		{"wizard-wrong", ".lead", "What you use now keeps working"},
		{"wizard-clock-slow", "#summary", "about 4 minutes slow"},
		{"wizard-clock-fast", "#summary", "about 4 minutes fast"},
		{"wizard-few-left", "#summary", "2 attempts are left."},
		{"wizard-until", "#summary", "You can try again at 2:11 PM UTC. This"},
		{"wizard-until", "#summary time[datetime='2026-11-03T14:11:00Z'][data-local]", "2:11 PM UTC"},

		{"recovery-code", "h1", "Save your recovery code"},
		{"recovery-code", ".ticket .actions > :nth-child(1)", "Download"},
		{"recovery-code", ".ticket .actions > :nth-child(2)[data-print][hidden]", "Print"},
		{"recovery-code", ".ticket .actions > :nth-child(3)[data-copy=recovery-code][hidden]", "Copy"},
		{"recovery-code", "code#recovery-code", sampleRecovery},
		{"recovery-code", "main", "Nobody at Example Company will ever ask you for this code"},
		{"recovery-code", "main", "When a sign-in asks for your second step"},
		{"recovery-code", ".on-paper", "AccountAda Lovelace ada@example.comCompanyExample CompanyDateNovember 3, 2026Notes"},
		{"recovery-code", "form[hx-post$='/recovery-code/saved'] input[type=checkbox][name=saved][value=yes] + label", "I have stored the code"},
		{"recovery-code-unticked", "code#recovery-code", sampleRecovery},
		{"recovery-code-hidden", "code", ""},
		{"recovery-code-hidden", "form[action$='/recovery-code/show'] button", "Show it again"},
		{"recovery-code-none", "form[action*='recovery-code']", ""},
		{"recovery-code-none", "h1", "There is no recovery code to show"},

		{"remove", "h1", "Remove “Authenticator app 2”?"},
		{"remove", ".remaining", "Authenticator app 1 Notification on your phone Pixel 9Phone number ending in 0142 Phone number ending in 0150 Phone number +1123XXXXXAnother method webauthn"},
		{"remove", "main form .actions > a:first-child", "Keep it"},
		{"remove", "main form .actions > button.danger", "Remove “Authenticator app 2”"},
		{"remove", "main", "Delete it in the app as well"},
		{"remove", "input[name=understood]", ""},
		{"remove-last", "input[type=checkbox][name=understood][value=yes] + label", "protected less"},
		{"remove-last", ".callout.warn", "your password alone lets anybody in"},
		{"remove-email", ".callout.warn", "a code sent to your email"},
		{"remove-refused", "main", "Example Company asks everybody to keep at least 1 strong method,"},
		{"remove-refused", "main a.button:first-child[href$='/add']", "Add another method"},
		{"remove-refused", "main form, .danger", ""},
		{"remove-fixed", "main", "Example Company keeps this address with your account."},
		{"remove-fixed", "main form, .danger, a[href$='/add']", ""},
		{"remove-along-codes", "h1 ~ .callout.warn", "The codes that the same app on your phone shows go with it"},
		{"remove-along-both", "h1 ~ .callout.warn", "Text messages and calls to this number go together"},
		{"remove-along-maybe-app", "h1 ~ .callout.warn", "One of your authenticator apps may be the same app"},
		{"remove-along-maybe-app", ".row", "!may be the same app"},
		{"remove-along-maybe-push", "h1 ~ .callout.warn", "The notifications then go with it"},
		{"remove-push-kind", "main", "Delete it in the app as well"},
		{"remove-push-kind", "main > .callout.warn", ""},

		{"confirm-add-phone", ".waiting", "Add a phone number"},
		{"confirm-add-email", "main a.button[href$='/sign-in?page=add-email']", "Confirm it is you"},
		{"confirm-add-push", ".waiting", "Get notifications on your phone"},
		{"confirm-add", ".waiting", "Add a method"},
		{"confirm", ".waiting", "Add an authenticator app"},
		{"confirm", "main", "Nothing is lost"},
		{"confirm", "main a.button[href$='/sign-in?page=add-app']", "Confirm it is you"},
		{"confirm-no-second-step", "main", "did not ask you for your second step"},
		{"confirm-remove", "main", "!Nothing is lost"},

		{"signing-out", "title", "Signing you out"},
		{"signing-out", "main a[href='http://localhost:8081/oidc/logout?client_id=abc&logout_hint=s']", "Continue"},
		{"signed-out", "main a[href='http://localhost:18080/security/']", "Back to the start page"},
		{"signed-out", "meta[http-equiv]", ""},
		{"sign-out", "main a.button[href$='/recovery-code']", "Save my recovery code"},
		{"sign-out", "main form[action$='/sign-out'] input[name=lose_code][value=yes] + button", "Sign out without it"},

		{"error-internal", "main", "Try again. If it keeps happening, ask for help"},
		{"error-internal", ".reference code", "7f3a-91c2"},
		{"error-unknown", "main a.button[href='http://localhost:18080/security/']", "Go to my security settings"},
		{"error-when", ".when", "You can try again at 2:06 PM UTC."},
		{"error-signed-out", "main a[href$='/sign-in?page=overview']", "Sign in again"},
		{"error-signed-out", ".whose", ""},
	})
}

// pageTest is one expectation of [TestPages]. "?" as words is an element that
// has none.
type pageTest struct{ page, selector, words string }

func checkPages(t *testing.T, tests []pageTest) {
	t.Helper()
	pages := map[string]*goquery.Document{}
	for _, tt := range tests {
		t.Run(tt.page+" "+tt.selector, func(t *testing.T) {
			if pages[tt.page] == nil {
				pages[tt.page] = page(t, tt.page)
			}
			found := pages[tt.page].Find(tt.selector)
			words, unwanted := strings.CutPrefix(tt.words, "!")
			switch {
			case tt.words == "":
				if found.Length() != 0 {
					t.Errorf("%s is on the page", tt.selector)
				}
			case found.Length() == 0:
				t.Errorf("%s is not on the page", tt.selector)
			case tt.words == "?":
			case strings.Contains(text(found), words) == unwanted:
				t.Errorf("%s reads %q, words %q", tt.selector, text(found), tt.words)
			}
		})
	}
}

// mistakes are the pages that report one, with the id of the field.
func mistakes() map[string]string {
	fields := map[string]string{
		"recovery-code-unticked": "saved", "remove-unticked": "understood",
		"wizard-few-left": "code", "wizard-until": "code", "message-few-left": "code", "message-until": "code",
		"add-phone-until": "number", "add-email-until": "address",
	}
	for _, problem := range CodeProblems() {
		fields["wizard-"+string(problem)] = "code"
	}
	for _, problem := range MessageProblems() {
		if !problem.aboutSending() && problem != CodeExpired {
			fields["message-"+string(problem)], fields["message-email-"+string(problem)] = "code", "code"
		}
	}
	for _, problem := range NumberProblems() {
		fields["add-phone-"+string(problem)] = "number"
	}
	fields["add-phone-channel"], fields["add-phone-no-country"] = "channel", "country"
	delete(fields, "add-phone-landline")
	for _, problem := range AddressProblems() {
		fields["add-email-"+string(problem)] = "address"
	}
	return fields
}

// TestMistakes holds the pages that report a mistake to one pattern: the title
// says so, a summary takes the focus and links to the field, the field carries
// the same words.
func TestMistakes(t *testing.T) {
	for name, field := range mistakes() {
		t.Run(name, func(t *testing.T) {
			doc := page(t, name)
			if title := doc.Find("title").Text(); !strings.HasPrefix(title, "Error: ") {
				t.Errorf("title = %q, want it to say that there is an error", title)
			}
			summary := doc.Find("main > #summary[role=alert][tabindex='-1'][autofocus]")
			link := summary.Find("a[href='#" + field + "']")
			if link.Length() != 1 {
				t.Fatal("no summary with a link to the field")
			}
			if n := doc.Find("[autofocus]").Length(); n != 1 {
				t.Errorf("%d elements want the focus", n)
			}
			input := doc.Find("#" + field + "[aria-invalid=true], fieldset[aria-invalid=true]:has(#" + field + ")")
			if described := input.AttrOr("aria-describedby", ""); !strings.Contains(described, field+"-mistake") {
				t.Errorf("the field is described by %q", described)
			}
			if got, want := text(doc.Find("#"+field+"-mistake")), "Error: "+text(link); got != want {
				t.Errorf("the field says %q, the summary %q", got, want)
			}
		})
	}
}

// TestCodeField guards what autofill, phones and a pasted "123 456" need.
func TestCodeField(t *testing.T) {
	field := page(t, "wizard-too-short").Find("input#code")
	want := map[string]string{
		"name": "code", "type": "text", "inputmode": "numeric", "autocomplete": "one-time-code",
		"spellcheck": "false", "dir": "ltr", "value": "12 34",
	}
	for attr, value := range want {
		if got := field.AttrOr(attr, ""); got != value {
			t.Errorf("%s = %q, want %q", attr, got, value)
		}
	}
	for _, attr := range []string{"maxlength", "pattern", "required"} {
		if _, ok := field.Attr(attr); ok {
			t.Errorf("the field has %s, which cuts or refuses what people paste", attr)
		}
	}
}

// TestLanguageSwitch proves that a change of language comes back to the page.
func TestLanguageSwitch(t *testing.T) {
	view := samples(t, "")["remove"]
	doc := parse(t, html(t, newBundle(t), i18n.French, view.Full()))
	if lang := doc.Find("html").AttrOr("lang", ""); lang != "fr-CA" {
		t.Errorf("lang = %q", lang)
	}
	form := doc.Find("form[action$='/language']")
	for name, want := range map[string]string{"lang": "en", "page": "remove", "method": "abcd234567abcd23"} {
		if got := form.Find("input[name="+name+"]").AttrOr("value", ""); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if got := text(form.Find("button[lang=en]")); got != "English" {
		t.Errorf("button says %q", got)
	}
	if anonymous := page(t, "landing").Find("form[action$='/language'] input[name=form_token]"); anonymous.Length() != 0 {
		t.Error("a visitor without a session has a form token")
	}
}
