package emulator_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

// TestPages walks through every page of the sign-in in each language and checks
// what all of them owe to their reader.
func TestPages(t *testing.T) {
	for _, c := range []struct{ uiLocales, lang, heading string }{
		{"en", "en", "Sign in"},
		{"fr", "fr", "Connexion"},
		{"fr-CA fr en", "fr-CA", "Connexion"},
	} {
		t.Run(c.uiLocales, func(t *testing.T) {
			tenant := start(t)
			user := tenant.NewUser(emulatortest.WithApp(), emulatortest.WithRecoveryCode())
			pages := allPages(tenant, user, c.uiLocales)
			if len(pages) != 9 {
				t.Errorf("walked through %d pages, want 9", len(pages))
			}
			for path, p := range pages {
				t.Run(path, func(t *testing.T) { wantGoodPage(t, p, c.lang) })
				if path == "/u/login" && p.Doc.Find("h1").Text() != c.heading {
					t.Errorf("heading %q, want %q", p.Doc.Find("h1").Text(), c.heading)
				}
			}
		})
	}
}

// allPages collects the pages of the sign-in by path, error page included.
func allPages(tenant *emulatortest.Tenant, user emulator.SeedUser, uiLocales string) map[string]emulatortest.Page {
	found := make(map[string]emulatortest.Page)
	collect := func(p emulatortest.Page) { found[p.URL.Path] = p }
	b := tenant.NewBrowser()
	b.SignInWatched(user, changes("ui_locales", uiLocales), collect)
	b.SignInWatched(user, changes("ui_locales", uiLocales, "prompt", "consent", "audience", ""), collect)
	collect(b.Get(tenant.AuthorizeURL(changes("ui_locales", uiLocales, "client_id", "x"))))
	p := b.Get(tenant.AuthorizeURL(changes("ui_locales", uiLocales)))
	options, _ := p.URL.Parse(p.Doc.Find("main a").AttrOr("href", ""))
	p = b.Get(options.String())
	collect(p)
	recovery, _ := p.URL.Parse(p.Doc.Find("main a").Last().AttrOr("href", ""))
	p = b.Get(recovery.String())
	collect(p)
	now, _ := tenant.User(user.Email)
	collect(b.Submit(p, changes("code", now.Authenticators[1].Secret)))
	p = b.Get(tenant.URL + "/oidc/logout?ui_locales=" + url.QueryEscape(uiLocales))
	collect(p)
	collect(b.Submit(p, nil))
	return found
}

// wantGoodPage checks language, marker, banner, headings, labels, focus and the
// absence of everything that the policy would stop.
func wantGoodPage(t *testing.T, p emulatortest.Page, lang string) {
	t.Helper()
	if got := p.Doc.Find("html").AttrOr("lang", ""); got != lang || p.Header.Get("Content-Language") != lang {
		t.Errorf("language %q and %q, want %q", got, p.Header.Get("Content-Language"), lang)
	}
	if p.Header.Get("Mysecurity-Emulator") != "1" || p.Doc.Find("body > .banner").Length() != 1 {
		t.Error("EM-07: marker header or banner missing")
	}
	if p.Doc.Find("h1").Length() != 1 || p.Doc.Find("main").Length() != 1 || strings.TrimSpace(p.Doc.Find("title").Text()) == "" {
		t.Error("want one main, one h1 and a title")
	}
	if p.Doc.Find("[autofocus]").Length() != 1 {
		t.Errorf("%d elements with autofocus, want 1", p.Doc.Find("[autofocus]").Length())
	}
	p.Doc.Find("input:not([type=hidden])").Each(func(_ int, field *goquery.Selection) {
		id := field.AttrOr("id", "?")
		if p.Doc.Find("label[for="+id+"]").Length() != 1 {
			t.Errorf("field %s has no label", id)
		}
		if field.AttrOr("type", "") != "checkbox" && field.AttrOr("autocomplete", "") == "" {
			t.Errorf("field %s has no autocomplete", id)
		}
	})
	if n := p.Doc.Find("script, [style], [onclick], img, link, iframe, object").Length(); n != 0 {
		t.Errorf("%d elements that the policy forbids", n)
	}
	wantStrictHeaders(t, p)
}

func wantStrictHeaders(t *testing.T, p emulatortest.Page) {
	t.Helper()
	style := sha256.Sum256([]byte(p.Doc.Find("style").Text()))
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(style[:]) + "'; base-uri 'none'; frame-ancestors 'none'",
		"Cache-Control":           "no-store",
		"X-Content-Type-Options":  "nosniff",
		"X-Frame-Options":         "DENY",
		"Referrer-Policy":         "same-origin",
		"Content-Type":            "text/html; charset=utf-8",
	} {
		if got := p.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestLanguage(t *testing.T) {
	tenant := start(t)
	for _, c := range []struct{ uiLocales, accept, want string }{
		{"", "", "en"},
		{"de it", "", "en"},
		{"de fr", "en", "fr"},
		{"FR-ca", "", "fr-CA"},
		{"fr-BE", "", "fr"},
		{"", "fr-CA;q=0.9, en;q=0.5", "fr-CA"},
		{"", "de, en;q=0.5", "en"},
		{"", `";<`, "en"},
		{`"><script>`, "", "en"},
	} {
		t.Run(c.uiLocales+"|"+c.accept, func(t *testing.T) {
			query := url.Values{"client_id": {"x"}, "ui_locales": {c.uiLocales}}
			response := get(t, tenant, "/authorize?"+query.Encode(), http.Header{"Accept-Language": {c.accept}})
			if got := response.Header.Get("Content-Language"); got != c.want {
				t.Errorf("language %q, want %q", got, c.want)
			}
		})
	}
}

// TestTextsAreComplete: every key in every language, with the same placeholders.
func TestTextsAreComplete(t *testing.T) {
	placeholders := func(file string) map[string]string {
		raw, err := os.ReadFile("pages/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatal(err)
		}
		for key, text := range texts {
			texts[key] = strings.Join(regexp.MustCompile("%.").FindAllString(text, -1), "")
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: %s is empty", file, key)
			}
		}
		return texts
	}
	if diff := cmp.Diff(placeholders("signin_en.json"), placeholders("signin_fr.json")); diff != "" {
		t.Errorf("en and fr differ:\n%s", diff)
	}
}

func TestLoginPage(t *testing.T) {
	tenant := start(t)
	b := tenant.NewBrowser()
	p := b.Get(tenant.AuthorizeURL(changes("login_hint", `"><script>alert(1)</script>@example.com`)))
	t.Run("login_hint is escaped", func(t *testing.T) {
		if got := p.Doc.Find("#username").AttrOr("value", ""); got != `"><script>alert(1)</script>@example.com` {
			t.Errorf("field shows %q", got)
		}
		if p.Doc.Find("script").Length() != 0 {
			t.Error("markup of the hint became an element")
		}
		if _, focused := p.Doc.Find("#password").Attr("autofocus"); !focused {
			t.Error("with a hint the password has the focus")
		}
	})
	t.Run("demo users with passwords", func(t *testing.T) {
		for _, email := range []string{"ada@example.com", "bruno@example.com", "chloe@example.com", "dan@example.com"} {
			user, ok := tenant.User(email)
			text := p.Doc.Find("dl").Text()
			if !ok || !strings.Contains(text, email) || !strings.Contains(text, user.Password) {
				t.Errorf("%s is not on the page", email)
			}
		}
	})
	t.Run("autocomplete", func(t *testing.T) {
		if p.Doc.Find("#username").AttrOr("autocomplete", "") != "username" || p.Doc.Find("#password").AttrOr("autocomplete", "") != "current-password" {
			t.Error("password managers need their hints")
		}
	})
	t.Run("wrong password", func(t *testing.T) {
		wrong := b.Submit(p, changes("username", "<b>ada@example.com", "password", "hunter2<i>"))
		if wrong.Status != http.StatusBadRequest {
			t.Errorf("status %d", wrong.Status)
		}
		wantProblem(t, wrong, "username", "Wrong email address or password.")
		if wrong.Doc.Find("#username").AttrOr("value", "") != "<b>ada@example.com" || wrong.Doc.Find("#password").AttrOr("value", "") != "" {
			t.Error("the address stays, the password never does")
		}
		html, _ := wrong.Doc.Html()
		if strings.Contains(html, "hunter2") {
			t.Error("the typed password is on the page")
		}
	})
}

// wantProblem checks the error summary: focused, announced, leading to the field,
// which refers back to it.
func wantProblem(t *testing.T, p emulatortest.Page, field, text string) {
	t.Helper()
	summary := p.Doc.Find("[role=alert][autofocus][tabindex='-1']")
	if got := strings.TrimSpace(summary.Text()); got != text {
		t.Errorf("summary %q, want %q", got, text)
	}
	if summary.Find("a").AttrOr("href", "") != "#"+field {
		t.Error("the summary does not lead to the field")
	}
	input := p.Doc.Find("#" + field)
	if input.AttrOr("aria-invalid", "") != "true" || input.AttrOr("aria-describedby", "") != summary.AttrOr("id", "") {
		t.Error("the field does not refer to the summary")
	}
	if !strings.HasPrefix(p.Doc.Find("title").Text(), "Problem: ") {
		t.Errorf("title %q", p.Doc.Find("title").Text())
	}
}

// challengePage signs in up to the second factor.
func challengePage(t *testing.T, tenant *emulatortest.Tenant, user emulator.SeedUser) (*emulatortest.Browser, emulatortest.Page) {
	t.Helper()
	b := tenant.NewBrowser()
	p := b.Submit(b.Get(tenant.AuthorizeURL(nil)), changes("username", user.Email, "password", user.Password))
	if p.Doc == nil || p.URL.Path != "/u/mfa-otp-challenge" {
		t.Fatalf("no challenge: %s", p.URL)
	}
	return b, p
}

func TestChallengePage(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(emulatortest.WithApp(), emulatortest.WithRecoveryCode())
	secret := user.Authenticators[0].Secret
	b, p := challengePage(t, tenant, user)
	if field := p.Doc.Find("#code"); field.AttrOr("autocomplete", "") != "one-time-code" || field.AttrOr("inputmode", "") != "numeric" {
		t.Error("the code field lacks its hints")
	}
	right := tenant.Code(secret)
	wrong := b.Submit(p, changes("code", otherCode(right)))
	wantProblem(t, wrong, "code", "The code is not right, or it has been used already. Wait for the next code and try again.")
	if done := b.Submit(wrong, changes("code", " "+right+" ")); done.Left == nil || done.Left.Query().Get("code") == "" {
		t.Fatalf("right code: status %d", done.Status)
	}
	t.Run("a code counts once", func(t *testing.T) {
		b, p := challengePage(t, tenant, user)
		wantProblem(t, b.Submit(p, changes("code", right)), "code", "The code is not right, or it has been used already. Wait for the next code and try again.")
	})
	t.Run("the allowance of wrong codes", func(t *testing.T) {
		tenant.Clock().Advance(2 * time.Hour)
		b, p := challengePage(t, tenant, user)
		for range 10 {
			p = b.Submit(p, changes("code", otherCode(tenant.Code(secret))))
		}
		p = b.Submit(p, changes("code", tenant.Code(secret)))
		if p.Left != nil || p.Status != http.StatusTooManyRequests {
			t.Fatalf("status %d, left to %v", p.Status, p.Left)
		}
		wantProblem(t, p, "code", "Too many wrong codes. Wait for some minutes before you try again.")
	})
}

// otherCode is a code that is not right now, before or after.
func otherCode(code string) string {
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+5)%10 }, code)
}

// TestRecoveryCodePages: used once, replaced, the new one shown until it is saved.
func TestRecoveryCodePages(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(emulatortest.WithApp(), emulatortest.WithRecoveryCode())
	old := user.Authenticators[1].Secret
	b, p := challengePage(t, tenant, user)
	toRecovery := strings.Replace(p.URL.String(), "mfa-otp-challenge", "mfa-recovery-code-challenge", 1)
	p = b.Get(toRecovery)
	wantProblem(t, b.Submit(p, changes("code", strings.Repeat("A", 24))), "code", "The recovery code is not right.")
	p = b.Submit(p, changes("code", strings.ToLower(old[:12])+" "+old[12:18]+"-"+old[18:]))
	fresh := p.Doc.Find("#recovery-code").Text()
	if now, _ := tenant.User(user.Email); fresh == "" || fresh == old || now.Authenticators[1].Secret != fresh {
		t.Fatalf("the page shows %q; the code was %q", fresh, old)
	}
	wantProblem(t, b.Submit(p, nil), "saved", "Confirm that you have saved the code.")
	if again := b.Get(toRecovery); again.Doc.Find("#recovery-code").Text() != fresh {
		t.Error("Back does not lead to the code that is still to be saved")
	}
	done := b.Submit(p, changes("saved", "yes"))
	if done.Left == nil {
		t.Fatalf("status %d after saving", done.Status)
	}
	if claims := payload(t, exchange(t, tenant, done.Left.Query().Get("code")).IDToken); claims["amr"] == nil {
		t.Error("a recovery code is a second factor: amr is missing")
	}
	t.Run("the used code is void", func(t *testing.T) {
		b, p := challengePage(t, tenant, user)
		p = b.Get(strings.Replace(p.URL.String(), "mfa-otp-challenge", "mfa-recovery-code-challenge", 1))
		wantProblem(t, b.Submit(p, changes("code", old)), "code", "The recovery code is not right.")
	})
}

func TestMethodPicker(t *testing.T) {
	tenant := start(t)
	for _, c := range []struct {
		name string
		has  []emulator.SeedAuthenticator
		want []string
	}{
		{"app and recovery code", []emulator.SeedAuthenticator{emulatortest.WithApp(), emulatortest.WithRecoveryCode()}, []string{"Authenticator app", "Recovery code"}},
		{"app alone", []emulator.SeedAuthenticator{emulatortest.WithApp()}, []string{"Authenticator app"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, p := challengePage(t, tenant, tenant.NewUser(c.has...))
			link, err := p.URL.Parse(p.Doc.Find("main a").AttrOr("href", ""))
			if err != nil {
				t.Fatal(err)
			}
			got := b.Get(link.String()).Doc.Find("main li a").Map(func(_ int, a *goquery.Selection) string { return a.Text() })
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestTooSlow: five minutes between the first and the second factor.
func TestTooSlow(t *testing.T) {
	for _, c := range []struct {
		name    string
		session bool // the first factor is the session at the tenant
		wait    time.Duration
		want    bool // the code still counts
	}{
		{"in time", false, 5 * time.Minute, true},
		{"too late", false, 5*time.Minute + time.Second, false},
		{"with a session, in time", true, 5 * time.Minute, true},
		{"with a session, too late", true, 5*time.Minute + time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			tenant := start(t)
			user := tenant.NewUser(emulatortest.WithApp())
			b, p := challengePage(t, tenant, user)
			if c.session {
				b.Submit(p, changes("code", tenant.FreshCode(user.Authenticators[0].Secret)))
				tenant.Clock().Advance(time.Hour)
				p = b.Get(tenant.AuthorizeURL(nil))
			}
			tenant.Clock().Advance(c.wait)
			p = b.Submit(p, changes("code", tenant.FreshCode(user.Authenticators[0].Secret)))
			if (p.Left != nil) != c.want {
				t.Fatalf("status %d, left to %v", p.Status, p.Left)
			}
			if !c.want && (p.Status != http.StatusBadRequest || !strings.Contains(p.Doc.Find("[role=alert]").Text(), "five minutes")) {
				t.Errorf("status %d: %s", p.Status, p.Doc.Find("main").Text())
			}
		})
	}
}

// TestOutOfTurn: Back buttons, second tabs, invented and finished sign-ins.
func TestOutOfTurn(t *testing.T) {
	tenant := start(t)
	user := tenant.NewUser(emulatortest.WithApp(), emulatortest.WithRecoveryCode())
	b, challenge := challengePage(t, tenant, user)
	at := func(path string) string { return tenant.URL + path + "?" + challenge.URL.RawQuery }
	for _, path := range []string{"/u/login", "/u/consent", "/u/mfa-recovery-code-challenge-new-code"} {
		if p := b.Get(at(path)); p.URL.Path != "/u/mfa-otp-challenge" {
			t.Errorf("%s shows %s, want the challenge", path, p.URL.Path)
		}
	}
	t.Run("the challenge cannot be skipped by other forms", func(t *testing.T) {
		for _, path := range []string{"/u/consent", "/u/mfa-recovery-code-challenge-new-code", "/u/login"} {
			forged := challenge
			forged.URL, _ = url.Parse(at(path))
			p := b.Submit(forged, changes("action", "accept", "saved", "yes", "username", user.Email, "password", user.Password))
			if p.Left != nil {
				t.Errorf("%s ended the sign-in", path)
			}
		}
	})
	b.Submit(challenge, changes("code", tenant.FreshCode(user.Authenticators[0].Secret)))
	for name, address := range map[string]string{
		"finished": at("/u/login"), "invented": tenant.URL + "/u/login?state=x", "without state": tenant.URL + "/u/login",
	} {
		t.Run(name, func(t *testing.T) {
			if p := b.Get(address); p.Status != http.StatusBadRequest || p.Doc.Find("form").Length() != 0 {
				t.Errorf("status %d", p.Status)
			}
		})
	}
	t.Run("left lying for an hour", func(t *testing.T) {
		p := tenant.NewBrowser().Get(tenant.AuthorizeURL(nil))
		tenant.Clock().Advance(time.Hour + time.Second)
		if p := b.Submit(p, changes("username", user.Email, "password", user.Password)); p.Status != http.StatusBadRequest {
			t.Errorf("status %d", p.Status)
		}
	})
}

// TestSessionCookie checks the tenant's only cookie.
func TestSessionCookie(t *testing.T) {
	for _, c := range []struct {
		name    string
		options []emulatortest.Option
		secure  bool
	}{{"http", nil, false}, {"https", []emulatortest.Option{emulatortest.WithTLS()}, true}} {
		t.Run(c.name, func(t *testing.T) {
			tenant := start(t, c.options...)
			user := tenant.NewUser()
			b := tenant.NewBrowser()
			done := b.Submit(b.Get(tenant.AuthorizeURL(nil)), changes("username", user.Email, "password", user.Password))
			cookies := (&http.Response{Header: done.Header}).Cookies()
			if len(cookies) != 1 {
				t.Fatalf("%d cookies", len(cookies))
			}
			cookie := cookies[0]
			if cookie.Name != "emu_session" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Secure != c.secure ||
				cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge != 7*24*3600 {
				t.Errorf("cookie %+v", cookie)
			}
			if claims := payload(t, exchange(t, tenant, done.Left.Query().Get("code")).IDToken); claims["sid"] == cookie.Value {
				t.Error("the sid of the ID token opens the session")
			}
		})
	}
}
