package emulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

const (
	someNumber  = "+15550100147"
	someAddress = "spare@example.org"
)

// everything are authenticators of all kinds.
func everything() []emulator.SeedAuthenticator {
	return []emulator.SeedAuthenticator{
		emulatortest.WithPhone(someNumber), emulatortest.WithApp(), emulatortest.WithEmail(someAddress),
		emulatortest.WithPush(), emulatortest.WithRecoveryCode(),
	}
}

// atChallenge signs in up to the second factor, whichever is asked for first.
func atChallenge(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser, authorize url.Values) (*emulatortest.Browser, emulatortest.Page) {
	t.Helper()
	b := tenant.NewBrowser()
	p := b.Submit(b.Get(tenant.AuthorizeURL(authorize)), changes("username", user.Email, "password", user.Password))
	if p.Doc == nil || !strings.HasPrefix(p.URL.Path, "/u/mfa-") {
		t.Fatalf("no challenge: %s", p.URL)
	}
	return b, p
}

// choose takes another method by its text.
func choose(b *emulatortest.Browser, p emulatortest.Page, method string) emulatortest.Page {
	options := b.Follow(p, "Try another method")
	if options.Doc.Find("main li a").FilterFunction(func(_ int, a *goquery.Selection) bool { return a.Text() == method }).Length() > 0 {
		return b.Follow(options, method)
	}
	return b.Press(options, method)
}

// TestFirstFactor: the strongest active factor is asked first.
func TestFirstFactor(t *testing.T) {
	tenant := start(t)
	for _, c := range []struct {
		name, path string
		has        []emulator.SeedAuthenticator
	}{
		{"all", "/u/mfa-push-challenge-push", everything()},
		{"app and phone", "/u/mfa-otp-challenge", []emulator.SeedAuthenticator{emulatortest.WithPhone(""), emulatortest.WithApp()}},
		{"phone and email", "/u/mfa-sms-challenge", []emulator.SeedAuthenticator{emulatortest.WithEmail(""), emulatortest.WithPhone("")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, p := atChallenge(t, tenant, tenant.NewUser(c.has...), nil); p.URL.Path != c.path {
				t.Errorf("begins with %s, want %s", p.URL.Path, c.path)
			}
		})
	}
	t.Run("of two numbers the newest", func(t *testing.T) {
		user := tenant.NewUser(emulatortest.WithPhone("+15550100001"), emulatortest.WithPhone("+15550100002"))
		atChallenge(t, tenant, user, nil)
		if len(tenant.Messages("+15550100001")) != 0 || len(tenant.Messages("+15550100002")) != 1 {
			t.Error("not sent to the newest number")
		}
	})
	t.Run("k email alone is no factor", func(t *testing.T) {
		user := tenant.NewUser(emulatortest.WithEmail(someAddress), emulatortest.WithRecoveryCode())
		b := tenant.NewBrowser()
		b.SignInWatched(user, nil, func(p emulatortest.Page) {
			if strings.HasPrefix(p.URL.Path, "/u/mfa-") {
				t.Errorf("asked for a second factor: %s", p.URL.Path)
			}
		})
	})
}

// TestEveryMethod lists all that a user has, and signs in with each.
func TestEveryMethod(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(everything()...)
	own := maskedOwn(user.Email)
	want := []string{
		"Notification to Phone of Test User", "Authenticator app", "Text message to XXXXXXXX0147", "Call to XXXXXXXX0147",
		"Email to spar*@exam*******", "Email to " + own, "Recovery code",
	}
	b, p := atChallenge(t, tenant, user, nil)
	options := b.Follow(p, "Try another method")
	got := options.Doc.Find("main li").Map(func(_ int, li *goquery.Selection) string { return strings.TrimSpace(li.Text()) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	for _, method := range want {
		t.Run(method, func(t *testing.T) {
			tenant.Clock().Advance(time.Hour)
			b, p := atChallenge(t, tenant, user, nil)
			p = choose(b, p, method)
			left := b.Finish(p, user)
			if claims := payload(t, exchange(t, tenant, left.Query().Get("code")).IDToken); claims["amr"] == nil {
				t.Error("amr is missing")
			}
		})
	}
}

// maskedOwn is the mask of an address like user1@example.com.
func maskedOwn(address string) string {
	local, _, _ := strings.Cut(address, "@")
	return local[:4] + strings.Repeat("*", len(local)-4) + "@exam*******"
}

// TestSentOnce: a code is sent once per choice, and not by looking at pages.
func TestSentOnce(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(emulatortest.WithPhone(someNumber), emulatortest.WithApp())
	b, p := atChallenge(t, tenant, user, nil)
	sent := func(want int) {
		t.Helper()
		if got := len(tenant.Messages(someNumber)); got != want {
			t.Fatalf("%d messages, want %d", got, want)
		}
	}
	sent(0)
	for _, path := range []string{"/u/mfa-sms-challenge", "/u/mfa-voice-challenge", "/u/mfa-login-options", "/u/mfa-push-challenge-push"} {
		b.Get(tenant.URL + path + "?" + p.URL.RawQuery)
	}
	sent(0)
	p = choose(b, p, "Text message to XXXXXXXX0147")
	sent(1)
	for range 3 {
		p = b.Get(p.URL.String())
	}
	sent(1)
	if p.Doc.Find("[role=status]").Length() != 0 || !strings.Contains(p.Doc.Find("main").Text(), "to XXXXXXXX0147") {
		t.Errorf("page: %s", p.Doc.Find("main").Text())
	}
	old := tenant.LatestCode(someNumber)
	p = b.Press(p, "Send another text message")
	sent(2)
	if p.Doc.Find("[role=status]").Text() != "Another code is on its way. Only the newest one counts." {
		t.Errorf("nothing says that another was sent: %s", p.Doc.Find("main").Text())
	}
	if old != tenant.LatestCode(someNumber) {
		wantProblem(t, b.Submit(p, changes("code", old)), "code", "The code is not right. Only the newest code counts, and it counts once.")
	}
	p = choose(b, p, "Call to XXXXXXXX0147")
	sent(3)
	if list := tenant.Messages(someNumber); list[0].Channel != "voice" || !strings.Contains(list[0].Text, ", ") {
		t.Errorf("no spoken digits: %+v", list[0])
	}
	if done := b.Submit(p, changes("code", " "+tenant.LatestCode(someNumber)+" ")); done.Left == nil {
		t.Errorf("status %d", done.Status)
	}
}

func TestMessageErrors(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(emulatortest.WithPhone(someNumber))
	t.Run("wrong, then too many", func(t *testing.T) {
		b, p := atChallenge(t, tenant, user, nil)
		right := tenant.LatestCode(someNumber)
		for range 10 {
			p = b.Submit(p, changes("code", otherCode(right)))
			wantProblem(t, p, "code", "The code is not right. Only the newest code counts, and it counts once.")
		}
		if p = b.Submit(p, changes("code", right)); p.Status != http.StatusTooManyRequests {
			t.Fatalf("status %d", p.Status)
		}
		wantProblem(t, p, "code", "Too many wrong codes. Wait for some minutes before you try again.")
	})
	tenant.Clock().Advance(12 * time.Hour)
	t.Run("expired", func(t *testing.T) {
		b, p := atChallenge(t, tenant, user, nil)
		tenant.Clock().Advance(5 * time.Minute)
		p = b.Submit(p, changes("code", tenant.LatestCode(someNumber)))
		wantProblem(t, p, "code", "The code is more than five minutes old. Ask for a new one.")
		p = b.Press(p, "Send another text message")
		if done := b.Submit(p, changes("code", tenant.LatestCode(someNumber))); done.Left == nil {
			t.Errorf("status %d", done.Status)
		}
	})
	t.Run("another sign-in's code", func(t *testing.T) {
		_, _ = atChallenge(t, tenant, user, nil)
		foreign := tenant.LatestCode(someNumber)
		b, p := atChallenge(t, tenant, user, nil)
		for foreign == tenant.LatestCode(someNumber) { // once in a million
			b, p = atChallenge(t, tenant, user, nil)
		}
		if p = b.Submit(p, changes("code", foreign)); p.Left != nil {
			t.Error("accepted")
		}
	})
	tenant.Clock().Advance(24 * time.Hour)
	t.Run("too many messages", func(t *testing.T) {
		b, p := atChallenge(t, tenant, user, nil)
		for range 9 {
			p = b.Press(p, "Send another text message")
		}
		p = b.Press(p, "Send another text message")
		const text = "We have sent too many messages. Wait for some minutes, or try another method."
		if p.Status != http.StatusTooManyRequests || strings.TrimSpace(p.Doc.Find("[role=alert]").Text()) != text {
			t.Fatalf("status %d: %s", p.Status, p.Doc.Find("main").Text())
		}
		if done := b.Submit(p, changes("code", tenant.LatestCode(someNumber))); done.Left == nil {
			t.Error("the code that was sent before no longer counts")
		}
		b, p = atChallenge(t, tenant, user, nil)
		if got := strings.TrimSpace(p.Doc.Find("[role=alert]").Text()); got != text || strings.Contains(p.Doc.Find("main").Text(), "We have sent a text message") {
			t.Errorf("a first message that was not sent: %s", p.Doc.Find("main").Text())
		}
		if p = b.Submit(p, changes("code", tenant.LatestCode(someNumber))); p.Left != nil {
			t.Error("a code of before was accepted")
		}
	})
}

// TestCodeOfAnotherMethod: once a call is asked for, the code of the text message
// that came before does not count, even if no call could be made.
func TestCodeOfAnotherMethod(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(emulatortest.WithPhone(someNumber))
	b, p := atChallenge(t, tenant, user, nil)
	for range 9 {
		p = b.Press(p, "Send another text message")
	}
	p = choose(b, p, "Call to XXXXXXXX0147")
	if list := tenant.Messages(someNumber); p.URL.Path != "/u/mfa-voice-challenge" || len(list) != 10 {
		t.Fatalf("at %s after %d messages", p.URL.Path, len(list))
	}
	p = b.Submit(p, changes("code", tenant.LatestCode(someNumber)))
	if p.Left != nil || p.Status != http.StatusBadRequest {
		t.Errorf("status %d, left to %v", p.Status, p.Left)
	}
}

// TestControlInbox is the call that scripts read codes with.
func TestControlInbox(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(emulatortest.WithPhone(someNumber))
	b, p := atChallenge(t, tenant, user, nil)
	tenant.Clock().Advance(time.Minute)
	choose(b, p, "Email to "+maskedOwn(user.Email))
	texted := tenant.LatestCode(someNumber)
	text := func(channel, to, code, words, at string) string {
		return `{"channel":"` + channel + `","to":"` + to + `","code":"` + code + `","text":"` + code + ` is your Example Company security code. ` + words + `","sent_at":"` + at + `"}`
	}
	const advice = `It is valid for 5 minutes. Do not give it to anyone.`
	sms := text("sms", someNumber, texted, advice+`\n\n@localhost #`+texted, "2030-06-01T12:00:00Z")
	email := text("email", user.Email, tenant.LatestCode(user.Email), advice, "2030-06-01T12:01:00Z")
	for query, want := range map[string]string{
		"":                                     "[" + email + "," + sms + "]",
		"?to=" + url.QueryEscape(someNumber):   "[" + sms + "]",
		"?to=" + someNumber:                    "[" + sms + "]", // a plus sign that means a space
		"?to=" + strings.ToUpper(user.Email):   "[" + email + "]",
		"?to=":                                 "[]",
		"?to=nobody%40example.com":             "[]",
		"?to=" + strings.Trim(someNumber, "+"): "[]",
	} {
		if got := string(tenant.Control(http.MethodGet, "messages"+query, "")); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", query, got, want)
		}
	}
}

// TestPushPage goes through everything that a notification can come to, without
// JavaScript.
func TestPushPage(t *testing.T) {
	const waits = "meta[http-equiv=refresh]"
	for _, c := range []struct {
		name string
		do   func(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser, b *emulatortest.Browser, p emulatortest.Page)
	}{
		{"says where, and waits", func(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser, b *emulatortest.Browser, p emulatortest.Page) {
			if !strings.Contains(p.Doc.Find("main").Text(), "notification to Phone of Test User") {
				t.Errorf("page: %s", p.Doc.Find("main").Text())
			}
			content := p.Doc.Find(waits).AttrOr("content", "")
			seconds, target, _ := strings.Cut(content, "; url=")
			address, err := p.URL.Parse(target)
			if err != nil || seconds != "5" || address.String() != p.URL.String() {
				t.Errorf("refresh %q does not lead to %s", content, p.URL)
			}
			if len(tenant.Phone(user).Pushes) != 1 {
				t.Error("not one notification on the phone")
			}
		}},
		{"approved, noticed by the refresh", func(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser, b *emulatortest.Browser, p emulatortest.Page) {
			tenant.Approve(user)
			if p = b.Get(p.URL.String()); p.Left == nil {
				t.Errorf("status %d", p.Status)
			}
		}},
		{"asked too early, then approved", func(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser, b *emulatortest.Browser, p emulatortest.Page) {
			p = b.Press(p, "I have approved it")
			if p.Left != nil || !strings.Contains(p.Doc.Find("[role=alert]").Text(), "not answered yet") || p.Doc.Find(waits).Length() != 1 {
				t.Fatalf("page: %s", p.Doc.Find("main").Text())
			}
			tenant.Approve(user)
			if p = b.Press(p, "I have approved it"); p.Left == nil {
				t.Errorf("status %d", p.Status)
			}
		}},
		{"denied, with ways on", func(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser, b *emulatortest.Browser, p emulatortest.Page) {
			tenant.Deny(user, "was not me")
			p = b.Get(p.URL.String())
			if !strings.Contains(p.Doc.Find("[role=alert]").Text(), "denied on your device") || p.Doc.Find(waits).Length() != 0 {
				t.Fatalf("page: %s", p.Doc.Find("main").Text())
			}
			if again := b.Press(p, "Send another notification"); again.Doc.Find(waits).Length() != 1 || len(tenant.Phone(user).Pushes) != 1 {
				t.Errorf("another notification: %s", again.Doc.Find("main").Text())
			}
			if b.Follow(p, "Try another method").Doc.Find("main li").Length() < 2 {
				t.Error("no other method")
			}
		}},
		{"nobody answered", func(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser, b *emulatortest.Browser, p emulatortest.Page) {
			tenant.Clock().Advance(5 * time.Minute)
			p = b.Get(p.URL.String())
			if !strings.Contains(p.Doc.Find("[role=alert]").Text(), "Nobody answered") || p.Doc.Find(waits).Length() != 0 {
				t.Fatalf("page: %s", p.Doc.Find("main").Text())
			}
			if len(tenant.Phone(user).Pushes) != 0 {
				t.Error("the phone still shows it")
			}
		}},
		{"too many", func(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser, b *emulatortest.Browser, p emulatortest.Page) {
			for range 5 {
				p = b.Press(p, "Send another notification")
			}
			if p.Status != http.StatusTooManyRequests || !strings.Contains(p.Doc.Find("[role=alert]").Text(), "too many notifications") {
				t.Fatalf("status %d: %s", p.Status, p.Doc.Find("main").Text())
			}
			tenant.Approve(user)
			if p = b.Get(p.URL.String()); p.Left == nil {
				t.Error("the last notification no longer counts")
			}
		}},
		{"the earlier notification no longer counts", func(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser, b *emulatortest.Browser, p emulatortest.Page) {
			old := tenant.Phone(user).Pushes[0].ID
			p = b.Press(p, "Send another notification")
			if status := approveStatus(t, tenant, user, old); status != http.StatusConflict {
				t.Errorf("status %d of the earlier one", status)
			}
			if p = b.Get(p.URL.String()); p.Left != nil {
				t.Error("signed in by it")
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tenant := start(t)
			user := tenant.NewUser(emulatortest.WithPush())
			b, p := atChallenge(t, tenant, user, nil)
			c.do(t, tenant, user, b, p)
		})
	}
}

// approveStatus approves one notification and returns the control API's status.
func approveStatus(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser, pushID string) int {
	t.Helper()
	address := tenant.URL + "/control/phones/" + tenant.Phone(user).ID + "/approve"
	response, err := tenant.Client().Post(address, "application/json", strings.NewReader(`{"id":"`+pushID+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode
}

// TestGone: the factor that is asked for is removed meanwhile.
func TestGone(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(emulatortest.WithPush(), emulatortest.WithPhone(someNumber))
	b, p := atChallenge(t, tenant, user, nil)
	tenant.Unenrol(user)
	p = b.Get(p.URL.String())
	if p.URL.Path != "/u/mfa-sms-challenge" || len(tenant.Messages(someNumber)) != 1 {
		t.Fatalf("at %s", p.URL)
	}
	if left := b.Finish(p, user); left.Query().Get("code") == "" {
		t.Errorf("ended at %s", left)
	}
}

// TestChallengePagesAreGood checks every page of the second factor in every
// language.
func TestChallengePagesAreGood(t *testing.T) {
	for _, lang := range []string{"en", "fr", "fr-CA"} {
		tenant := start(t)
		user := tenant.NewUser(everything()...)
		b, p := atChallenge(t, tenant, user, changes("ui_locales", lang))
		good := func(name string, p emulatortest.Page) emulatortest.Page {
			t.Run(lang+" "+name, func(t *testing.T) { wantGoodPage(t, p, lang) })
			return p
		}
		good("push", p)
		good("push, pending", b.Submit(p, nil))
		tenant.Deny(user, "")
		good("push, denied", b.Get(p.URL.String()))
		options := good("options", b.Get(strings.Replace(p.URL.String(), "mfa-push-challenge-push", "mfa-login-options", 1)))
		texts := options.Doc.Find("main li button").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
		for _, text := range texts[1:] {
			p := good(text, b.Press(options, text))
			good(text+", wrong", b.Submit(p, changes("code", "x")))
			good(text+", again", b.Press(p, strings.TrimSpace(p.Doc.Find("button[value=resend]").Text())))
		}
	}
}
