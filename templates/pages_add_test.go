package templates

import (
	"strings"
	"testing"

	"mysecurity/internal/i18n"
)

// TestAddPages does for the pages on which a method is added what [TestPages]
// does for the others.
func TestAddPages(t *testing.T) {
	checkPages(t, []pageTest{
		{"add", "h1", "Add a method"},
		{"add", ".choices > li:nth-child(1) h2", "Authenticator app Recommended"},
		{"add", ".choices > li:nth-child(1) a[href$='/add/app']", "Authenticator app"},
		{"add", ".choices > li:nth-child(2) a[href$='/add/push']", "Notification on your phone"},
		{"add", ".choices > li:nth-child(2) .note", "you need a second screen"},
		{"add", ".choices > li:nth-child(3) a[href$='/add/phone']", "Phone number"},
		{"add", ".choices > li:nth-child(3)", "by text message or by call"},
		{"add", ".choices > li:nth-child(3) .note", "number moved to a SIM card"},
		{"add", ".choices > li:nth-child(4) a[href$='/add/email']", "Code by email"},
		{"add", ".choices > li:nth-child(4) .note", "not protection by itself"},
		{"add", ".choices > li:nth-child(4) details summary", "What is this? Code by email"},
		{"add", ".choices > li:nth-child(2) details", "Auth0 Guardian"},
		{"add", ".choices > li + li .badge", ""},
		{"add-text", ".choices > li:nth-child(2)", "by text message each time"},
		{"add-text", ".choices > li:nth-child(3)", ""},
		{"add-call", ".choices > li:nth-child(1)", "a voice tells you a six-digit code"},
		{"add-nothing", ".choices", ""},
		{"add-nothing", "main", "offers nothing to add"},

		{"add-phone", "form select#country[name=country] option[value=CA][selected]", "Canada (+1)"},
		{"add-phone", "select option[value='']", "Choose a country or region"},
		{"add-phone", "form[hx-post$='/add/phone'] button", "Send the code"},
		{"add-phone", "fieldset legend", "How do you want to get the code?"},
		{"add-phone", "fieldset", "A landline? Choose the call."},
		{"add-phone", "fieldset input[name=channel][value=sms] + label", "By text message"},
		{"add-phone", "fieldset input[name=channel][value=voice] + label", "By call"},
		{"add-phone", "fieldset input[checked], #summary, [aria-invalid]", ""},
		{"add-phone", "a[href$='/add']", "Choose another way"},
		{"add-phone-text", "fieldset", ""},
		{"add-phone-text", "form:has(input[type=hidden][name=channel][value=sms]) button", "Send the code"},
		{"add-phone-call", "form:has(input[type=hidden][name=channel][value=voice]) button", "Send the code"},
		{"add-phone-call", ".lead", "We call this number now"},
		{"add-phone-discarded", "#discarded[role=alert][autofocus]", "Five codes in a row did not fit"},
		{"add-phone-too-short", "input#number[value='514 555-0147']", "?"},
		{"add-phone-too-short", "input[value=sms][checked] + label", "By text message"},
		{"add-phone-until", "#summary", "You can have the next one sent at 3:05 PM UTC."},
		{"add-phone-landline", "#landline[role=alert][autofocus][tabindex='-1']", "514 555-0147 looks like a landline number"},
		{"add-phone-landline", "#summary, .mistake, [aria-invalid]", ""},
		{"add-phone-landline", "#landline form:has([name=landline][value=yes]):has([name=channel][value=voice]):has([name=number][value='514 555-0147']):has([name=country][value=CA]) button", "Call this number"},
		{"add-phone-landline", "#landline form:has([name=landline][value=yes]):has([name=channel][value=sms]) button.quiet", "Send a text message anyway"},
		{"add-phone-landline", "main > form #number[value='514 555-0147']", "?"},

		{"add-email", "main", "It is no protection by itself"},
		{"add-email", "label[for=address]", "Email address"},
		{"add-email", "main", "!comes with your account"},
		{"add-email-profile", "main", "ada@example.com comes with your account"},
		{"add-email-profile", "label[for=address]", "Another email address"},
		{"add-email-invalid", "#address[type=email][autocomplete=email][value='lovelace@example']", "?"},
		{"add-email-until", "#summary", "at 2:06 PM UTC"},
		{"add-email-discarded", "#discarded", "Let us start over"},
	})
}

// TestMessagePages is the same for codes that were sent.
func TestMessagePages(t *testing.T) {
	checkPages(t, []pageTest{
		{"message-text", "h1", "Add a phone number"},
		{"message-text", ".lead", "We have sent a text message with a six-digit code to the number ending in 0147."},
		{"message-text", "#code-hint", "Only the newest code counts. It is valid until 2:10 PM UTC."},
		{"message-text", "#code-hint time[datetime='2026-11-03T14:10:00Z'][data-local]", "2:10 PM UTC"},
		{"message-text", "form[hx-post$='/add/phone/confirm'] button", "Confirm"},
		{"message-text", "#again", "A text message can take a minute or two"},
		{"message-text", "[data-wait='45'] [data-wait-until]", "You can ask for a new code from 2:06 PM UTC on."},
		{"message-text", "[data-wait] [data-wait-left][aria-hidden=true][hidden]", "45 s to go"},
		{"message-text", "[data-wait] [data-wait-over][hidden]", "You can ask for a new code now."},
		{"message-text", "form[hx-post$='/add/phone/resend']:has([name=channel][value=sms]) button.quiet[data-resend][aria-describedby=wait]", "Send a new code"},
		{"message-text", "form[action$='/add/phone/resend']:has([name=channel][value=voice]) button.quiet[data-resend]", "Call me instead"},
		{"message-text", "form[action$='/add/phone/change'] button", "Change the number"},
		{"message-text", "form[action$='/add/phone/cancel'] button", "Cancel and add nothing"},
		{"message-text", "input#code[data-otp]", "?"},
		{"message-text", "main", "!keeps working"},
		{"message-text", "#summary, #expired, #notice", ""},
		{"message-call", ".lead", "We are calling the number ending in 0147."},
		{"message-call", "main", "What you use now keeps working"},
		{"message-call", "form:has([name=channel][value=voice]) button", "Call me again"},
		{"message-call", "form:has([name=channel][value=sms]) button", "Send a text message instead"},
		{"message-call", "[data-otp]", ""},
		{"message-email", "h1", "Add an email address"},
		{"message-email", ".lead", "We have sent an email with a six-digit code to ada@example.org."},
		{"message-email", "#again", "the folder for unwanted email"},
		{"message-email", "[name=channel], [data-otp]", ""},
		{"message-email", "form[action$='/add/email/resend'] button", "Send a new code"},
		{"message-email", "form[action$='/add/email/change'] button", "Change the address"},
		{"message-late", "[data-wait], [aria-describedby=wait]", ""},
		{"message-late", "#code-hint", "!valid until"},
		{"message-resent", "#notice[role=status][autofocus][tabindex='-1']", "A new code is on its way. Only the newest code counts"},

		{"message-expired-text", "#expired[role=alert][autofocus]", "The code is no longer valid"},
		{"message-expired-text", "#code, form[action$='/confirm']", ""},
		{"message-expired-text", ".button:not(.quiet)", "Send a new code"},
		{"message-expired-text", ".lead", "The code went to the number ending in 0147."},
		{"message-expired-email", ".lead", "The code went to ada@example.org."},
		{"message-expired", "#expired", "The code is no longer valid"},
		{"message-expired", "#code, #summary", ""},
		{"message-expired-used-up", "#summary a[href='#again']", "You can ask for another one at 3:05 PM UTC"},
		{"message-expired-used-up", "#expired", ""},
		{"message-few-left", "#summary", "2 attempts are left."},
		{"message-until", "#summary", "You can try again at 2:11 PM UTC."},
		{"message-too-soon", "#summary a[href='#again']", "You can ask for another one at 2:06 PM UTC"},
		{"message-too-soon", "[data-wait], [aria-describedby=wait]", ""},
		{"message-too-soon-unknown", "#summary", "Wait a minute"},
		{"message-not-sent", "#again #again-mistake", "The code you were sent before still counts"},
		{"message-not-sent", "#code[aria-invalid]", ""},
		{"message-messages-until", "#again-mistake", "at 2:11 PM UTC"},
	})
}

// TestPushPages is the same for the notification app.
func TestPushPages(t *testing.T) {
	checkPages(t, []pageTest{
		{"add-push", "main", "Install Auth0 Guardian on your phone"},
		{"add-push", "a[href='https://apps.apple.com/app/auth0-guardian/id1093447833'][rel='noopener noreferrer']:not([target])", "iPhone: App Store"},
		{"add-push", "a[href='https://play.google.com/store/apps/details?id=com.auth0.guardian'][rel='noopener noreferrer']:not([target])", "Android: Google Play"},
		{"add-push", "form[action$='/add/push'] button.button:not(.quiet)", "I have the app"},
		{"add-push", ".on-phone", "it cannot scan its own screen"},
		{"add-push", ".on-phone a[href$='/add/app']", "Add an authenticator app instead"},
		{"add-push-alone", ".on-phone a", ""},

		{"push-waiting", "#push-status .plate svg[role=img][aria-label='QR code for the app on your phone']", "?"},
		{"push-waiting", "#push-status ol", "Open Auth0 Guardian on your phone"},
		{"push-waiting", "#push-status time[datetime='2026-11-03T14:10:00Z'][data-local]", "2:10 PM UTC"},
		{"push-waiting", "#push-status[hx-trigger='every 5s'] [data-news]", "Waiting for your phone…"},
		{"push-waiting", "#push-status form[action$='/add/push/check'] button", "I have scanned it"},
		{"push-waiting", "main", "if you ever remove one here, the other goes with it"},
		{"push-waiting", "form[action$='/add/push/cancel'] button", "Cancel and add nothing"},
		{"push-waiting", "main [autofocus]", ""},
		{"push-slower", "#push-status[hx-trigger='every 10s']", "Scan the QR code"},
		{"push-slower", ".lead", "What you use now keeps working"},
		{"push-not-yet", "#asked[role=alert][autofocus][tabindex='-1']", "Nothing has come from your phone yet"},
		{"push-not-yet", "#push-status[hx-trigger] .plate", "?"},
		{"push-unsure", "#asked", "we do not know whether your phone has been added"},
		{"push-unsure", "#push-status[hx-trigger] [data-news]", "We keep asking"},
		{"push-denied", "#push-over[role=alert][autofocus]", "Your phone did not agree"},
		{"push-denied", "form[action$='/add/push/renew'] button", "Show a new QR code"},
		{"push-expired", "#push-over", "The QR code is no longer valid"},
		{"push-expired", "#push-status .plate, [hx-trigger], [hx-post], form[action$='/check']", ""},
		{"push-expired", "form[action$='/add/push/renew'] button#push-next", "Show a new QR code"},
	})
}

// TestPushStatus holds the part that is replaced while the page waits: it is
// one element, asks on only while the QR code is good, and takes neither the
// focus nor the attention that the page's own status would.
func TestPushStatus(t *testing.T) {
	b := newBundle(t)
	for _, state := range PushStates() {
		t.Run(string(state), func(t *testing.T) {
			view := samples(t, "")["push-"+string(state)].(AddPushScan)
			part := html(t, b, i18n.French, view.Status())
			doc := parse(t, part)
			if doc.Find("body > *").Length() != 1 || doc.Find("body > #push-status").Length() != 1 {
				t.Fatal("the part is not the one element #push-status")
			}
			if asks := doc.Find("[hx-trigger][hx-post]").Length() == 1; asks == state.over() {
				t.Errorf("the part asks on: %v", asks)
			}
			if doc.Find("[autofocus], [role=alert], [role=status]").Length() != 0 {
				t.Error("a part that came by itself takes the focus or speaks")
			}
			if text(doc.Find("[data-news]")) == "" || doc.Find("button#push-next").Length() != 1 {
				t.Error("the part has no news for the script, or no button where the last one was")
			}
			if strings.Contains(part, view.Nonce) {
				t.Error("XS-06 the nonce of the page is in a fragment")
			}
		})
	}
}

// TestNumberField guards what autofill and a pasted number need.
func TestNumberField(t *testing.T) {
	field := page(t, "add-phone-too-short").Find("input#number")
	want := map[string]string{"name": "number", "type": "tel", "autocomplete": "tel", "dir": "ltr"}
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

// TestOnePrimaryButton holds every page to one thing that comes first.
func TestOnePrimaryButton(t *testing.T) {
	eachPage(t, "", func(t *testing.T, full, _ string) {
		primary := parse(t, full).Find("main .button:not(.quiet)").Not("[data-proof-warning] .button")
		if primary.Length() > 1 {
			t.Errorf("%d primary buttons", primary.Length())
		}
	})
}

// TestTrigger keeps everything but whole seconds out of the one attribute that
// htmx would evaluate a condition in.
func TestTrigger(t *testing.T) {
	if got := (&AddPushScan{}).trigger(); got != "every 1s" {
		t.Errorf("without a rhythm the trigger is %q", got)
	}
}
