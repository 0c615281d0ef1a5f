package emulator

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// page reads a page of the console and checks what holds for all of them.
func (w *world) page(a answer, status int) *goquery.Document {
	w.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil || a.status != status {
		w.t.Fatalf("status %d, want %d: %v %s", a.status, status, err, a.body)
	}
	if got := a.header.Get("Content-Security-Policy"); got != consolePolicy {
		w.t.Errorf("policy %q", got)
	}
	if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "text/html; charset=utf-8" {
		w.t.Errorf("headers %v", a.header)
	}
	for what, n := range map[string]int{
		"h1": 1, "main": 1, "html[lang=en]": 1, "title": 1, "nav a[href='/console/phones']": 1,
		".banner:contains(Emulator)": 1, "script": 0, "[style]": 0, "[onclick]": 0, "form:not([method=post])": 0,
	} {
		if got := doc.Find(what).Length(); got != n {
			w.t.Errorf("%d of %q, want %d", got, what, n)
		}
	}
	w.checkIDs(doc)
	return doc
}

// checkIDs: ids are unique, and every field has a label.
func (w *world) checkIDs(doc *goquery.Document) {
	w.t.Helper()
	seen := make(map[string]bool)
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if seen[id] {
			w.t.Errorf("id %q twice", id)
		}
		seen[id] = true
	})
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if s.Closest("label").Length() == 0 && doc.Find("label[for='"+id+"']").Length() != 1 {
			w.t.Errorf("field %q has no label", s.AttrOr("name", ""))
		}
	})
	doc.Find("[aria-describedby]").Each(func(_ int, s *goquery.Selection) {
		if !seen[s.AttrOr("aria-describedby", "")] {
			w.t.Errorf("description %q is missing", s.AttrOr("aria-describedby", ""))
		}
	})
}

// submit sends a form and follows its redirect.
func (w *world) submit(path string, form url.Values) *goquery.Document {
	w.t.Helper()
	a := w.do("POST", path, form.Encode(), header("Content-Type", "application/x-www-form-urlencoded"), header("Sec-Fetch-Site", "same-origin"))
	if a.status != http.StatusSeeOther {
		w.t.Fatalf("%s: %v", path, a)
	}
	doc := w.page(w.do("GET", a.header.Get("Location"), ""), http.StatusOK)
	if doc.Find("[role=status]").Length() != 1 {
		w.t.Errorf("no confirmation after %s", path)
	}
	return doc
}

// refused sends a form that must not be accepted.
func (w *world) refused(path string, form url.Values, status int) *goquery.Document {
	w.t.Helper()
	a := w.do("POST", path, form.Encode(), header("Content-Type", "application/x-www-form-urlencoded"))
	doc := w.page(a, status)
	if text := doc.Find("[role=alert]").Text(); !strings.Contains(text, "Nothing was changed") {
		w.t.Errorf("%s: alert %q", path, text)
	}
	return doc
}

func (w *world) phoneID(email string) string {
	w.t.Helper()
	for _, p := range list[phoneJSON](w.t, w.do("GET", "/control/phones", "")) {
		if p.User == email {
			return p.ID
		}
	}
	w.t.Fatalf("no phone of %s", email)
	return ""
}

func TestConsolePages(t *testing.T) {
	w := newWorld(t)
	w.enrol(w.accessToken(ada, allScopes))
	for path, title := range map[string]string{
		"/console": "Overview", "/console/phones": "Simulated phones", "/console/messages": "Messages", "/console/users": "Users",
		"/console/tenant": "Tenant settings", "/console/clock": "Clock", "/console/faults": "Faults",
		"/console/log": "Tenant log", "/console/requests": "Requests",
		"/console/phones/" + w.phoneID(ada): "Phone of Ada Demo",
	} {
		t.Run(path, func(t *testing.T) {
			w := &world{t, w.e}
			doc := w.page(w.do("GET", path, ""), http.StatusOK)
			onList := !strings.HasPrefix(path, "/console/phones/")
			if marked := doc.Find("nav a[aria-current=page]").AttrOr("href", ""); onList && marked != path {
				t.Errorf("marked in the navigation: %q", marked)
			}
			if got := doc.Find("h1").Text(); got != title {
				t.Errorf("heading %q, want %q", got, title)
			}
		})
	}
	for _, path := range []string{"/console/nothing", "/console/phones/phone_nobody"} {
		w.page(w.do("GET", path, ""), http.StatusNotFound)
	}
	style := w.do("GET", "/console/style.css", "")
	if style.status != http.StatusOK || style.header.Get("Content-Type") != "text/css; charset=utf-8" || strings.Contains(style.body, "url(") {
		t.Errorf("style sheet: %d %v", style.status, style.header)
	}
}

func TestConsolePhone(t *testing.T) {
	w := newWorld(t)
	token := w.accessToken(ada, allScopes)
	uri := w.associate(token).json["barcode_uri"].(string)
	path := "/console/phones/" + w.phoneID(ada)

	doc := w.refused(path, url.Values{"uri": {"<b>not a code"}}, http.StatusUnprocessableEntity)
	if got := doc.Find("textarea#uri").Text(); got != "<b>not a code" {
		t.Errorf("the typed text is lost: %q", got)
	}
	w.e.clock.Advance(12 * time.Second)
	doc = w.submit(path, url.Values{"uri": {uri}})
	code := doc.Find(`output[aria-label="Code for Example Company:` + ada + `"]`).Text()
	if a := w.otp(token, code); a.status != http.StatusOK {
		t.Errorf("code %q on the page: %v", code, a)
	}
	key, _ := url.Parse(w.associate(token).json["barcode_uri"].(string))
	byHand := " " + strings.ToLower(key.Query().Get("secret")[:4]) + " " + key.Query().Get("secret")[4:]
	typed := w.submit(path, url.Values{"uri": {byHand}})
	if n := typed.Find(`output[aria-label="Code for Example Company:` + ada + `"]`).Length(); n != 2 {
		t.Errorf("a key typed by hand: %d accounts on the phone, want 2", n)
	}
	if text := doc.Find("main").Text(); !strings.Contains(text, "change in 18 s") {
		t.Errorf("seconds left: %s", text)
	}
	if a := w.do("GET", path, ""); a.header.Get("Refresh") != "" || doc.Find("form textarea").Length() != 1 {
		t.Error("the page with the form loads itself anew")
	}
	live := w.do("GET", path+"?live=1", "")
	if live.header.Get("Refresh") != "5; url="+path+"?live=1" || w.page(live, http.StatusOK).Find("textarea, input:not([type=hidden])").Length() != 0 {
		t.Error("the live page does not load itself anew, or has a field to type in")
	}
}

func TestConsoleUsers(t *testing.T) {
	w := newWorld(t)
	w.otp(w.mfaToken(bruno), "000000")
	text := w.page(w.do("GET", "/console/users", ""), http.StatusOK).Find(`section[aria-label="Bruno Demo"]`).Text()
	for _, want := range []string{bruno, "Authenticator app, active", "Recovery code, active: " + w.brunoRecovery(), "9 of 10"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
	}
	form := url.Values{"email": {"eve@example.com"}, "password": {"<p>"}, "name": {`"><img src=x>`}, "email_verified": {"1"}}
	doc := w.submit("/console/users", form)
	if doc.Find("img").Length() != 0 || doc.Find("section h2:contains('img src')").Length() != 1 {
		t.Error("XS-01 a name is not shown as text")
	}
	doc = w.refused("/console/users", form, http.StatusConflict)
	if doc.Find("input#email").AttrOr("value", "") != "eve@example.com" || doc.Find("input[name=email_verified][checked]").Length() != 1 {
		t.Error("the typed values are lost")
	}
}

// TestConsoleBlocksAndDeletes: the buttons below each user.
func TestConsoleBlocksAndDeletes(t *testing.T) {
	w := newWorld(t)
	w.refreshToken(ada)
	about := func(doc *goquery.Document) string { return doc.Find(`section[aria-label="Ada Demo"] dl`).Text() }
	tokens := regexp.MustCompile(`Refresh tokens\s*(\d+)`)
	if text := about(w.page(w.do("GET", "/console/users", ""), http.StatusOK)); tokens.FindStringSubmatch(text)[1] != "1" {
		t.Errorf("no refresh token: %q", text)
	}
	press := func(action string) *goquery.Document {
		return w.submit("/console/users", url.Values{"id": {w.userID(ada)}, "action": {action}})
	}
	if text := about(press("block")); !strings.Contains(text, "Blocked") || tokens.FindStringSubmatch(text)[1] != "0" {
		t.Errorf("blocked: %q", text)
	}
	if text := about(press("unblock")); strings.Contains(text, "Blocked") {
		t.Errorf("unblocked: %q", text)
	}
	w.refused("/console/users", url.Values{"id": {w.userID(ada)}, "action": {"promote"}}, http.StatusUnprocessableEntity)
	if doc := press("delete"); doc.Find(`section[aria-label="Ada Demo"]`).Length() != 0 {
		t.Error("not deleted")
	}
	w.refused("/console/users", url.Values{"id": {"auth0|gone"}, "action": {"delete"}}, http.StatusNotFound)
}

// TestConsoleRefreshSettings: the form in the section of an application.
func TestConsoleRefreshSettings(t *testing.T) {
	w := newWorld(t)
	form := url.Values{
		"application": {"portal"}, "rotation_type": {"non-rotating"}, "expiration_type": {"non-expiring"},
		"leeway": {"7"}, "token_lifetime": {"3600"}, "idle_token_lifetime": {"60"},
	}
	doc := w.submit("/console/tenant", form).Find(`section[aria-label="portal"]`)
	for selector, want := range map[string]string{"[name=rotation_type] [selected]": "non-rotating", "[name=expiration_type] [selected]": "non-expiring"} {
		if got := doc.Find(selector).Text(); got != want {
			t.Errorf("%s: %q", selector, got)
		}
	}
	for _, name := range []string{"leeway", "token_lifetime", "idle_token_lifetime"} {
		field := doc.Find("input[name=" + name + "]")
		if got := field.AttrOr("value", ""); got != form.Get(name) || doc.Find("label[for="+field.AttrOr("id", "")+"]").Length() != 1 {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name, value := range map[string]string{"leeway": "soon", "rotation_type": "x", "application": "nobody", "idle_token_lifetime": "7200"} {
		wrong := maps.Clone(form)
		wrong.Set(name, value)
		w.refused("/console/tenant", wrong, http.StatusUnprocessableEntity)
	}
}

func TestConsoleTenant(t *testing.T) {
	w := newWorld(t)
	doc := w.submit("/console/tenant", url.Values{"factor": {"otp"}, "message_type": {"voice"}, "policy": {"all-applications"}, "variant_not_found_body": {"empty"}})
	if doc.Find("input[value=otp][checked]").Length() != 1 || doc.Find("input[value=recovery-code][checked]").Length() != 0 {
		t.Error("factors")
	}
	if doc.Find("input[value=voice][checked]").Length() != 1 || doc.Find("input[value=sms][name=message_type][checked]").Length() != 0 {
		t.Error("message types")
	}
	if doc.Find("input[name=policy][value=all-applications][checked]").Length() != 1 {
		t.Error("policy")
	}
	if got := doc.Find("#variant_not_found_body option[selected]").AttrOr("value", ""); got != "empty" {
		t.Errorf("variant %q", got)
	}
	w.refused("/console/tenant", url.Values{"policy": {"sometimes"}}, http.StatusUnprocessableEntity)
	w.refused("/console/tenant", url.Values{"variant_not_found_body": {"song"}}, http.StatusUnprocessableEntity)

	before := w.do("GET", "/.well-known/jwks.json", "").body
	w.submit("/console/tenant", url.Values{"rotate_keys": {"1"}})
	if w.do("GET", "/.well-known/jwks.json", "").body == before {
		t.Error("keys not rotated")
	}
	if !w.e.s.tenant.Factors["otp"] {
		t.Error("rotating changed the factors")
	}
}

func TestConsoleClockFaultsReset(t *testing.T) {
	w := newWorld(t)
	doc := w.submit("/console/clock", url.Values{"advance": {"10m"}})
	if got := doc.Find(`output[aria-label="Tenant time"]`).Text(); got != "2030-01-31T12:10:00Z" {
		t.Errorf("clock %q", got)
	}
	w.submit("/console/clock", url.Values{"set": {"2031-01-01T00:00:00Z"}})
	doc = w.refused("/console/clock", url.Values{"advance": {"soon"}}, http.StatusUnprocessableEntity)
	if doc.Find("input#advance").AttrOr("value", "") != "soon" {
		t.Error("the typed value is lost")
	}

	doc = w.submit("/console/faults", url.Values{"match": {"GET /userinfo"}, "status": {"503"}, "times": {"3"}, "body": {"gone"}, "delay": {"1ms"}, "after": {"1"}})
	if got := doc.Find("li code").Text(); got != "GET /userinfo: do the work, then wait 1ms, then answer 503 (3 more)" {
		t.Errorf("fault %q", got)
	}
	if a := w.do("GET", "/userinfo", ""); a.status != 503 || a.body != "gone" {
		t.Errorf("fault: %v", a)
	}
	w.refused("/console/faults", url.Values{"match": {"GET /userinfo"}, "status": {"many"}}, http.StatusUnprocessableEntity)
	w.refused("/console/faults", url.Values{"match": {"userinfo"}, "status": {"500"}}, http.StatusUnprocessableEntity)
	doc = w.submit("/console/faults", url.Values{"clear": {"1"}})
	if doc.Find("button[name=clear]").Length() != 0 {
		t.Error("faults not cleared")
	}

	w.submit("/console", nil)
	if !w.e.clock.Now().Equal(worldTime) {
		t.Error("not reset")
	}
}

func TestConsoleLogAndRequests(t *testing.T) {
	w := newWorld(t)
	secret, recovery := w.enrol(w.accessToken(ada, allScopes))
	log := w.page(w.do("GET", "/console/log", ""), http.StatusOK).Find("table").Text()
	for _, want := range []string{"gd_start_enroll", "gd_enrollment_complete", ada} {
		if !strings.Contains(log, want) {
			t.Errorf("no %q in the log", want)
		}
	}
	if strings.Contains(log, secret) || strings.Contains(log, recovery) {
		t.Error("a secret is in the log")
	}
	first := w.page(w.do("GET", "/console/requests", ""), http.StatusOK).Find("tbody tr").First().Text()
	if !strings.Contains(first, "POST /oauth/token") {
		t.Errorf("the newest request is not first: %s", first)
	}
}

// TestConsoleForeignForm proves EM-13 for the forms: another site's page cannot
// send them.
func TestConsoleForeignForm(t *testing.T) {
	w := newWorld(t)
	for name, edit := range map[string]func(*http.Request){
		"cross-site":     header("Sec-Fetch-Site", "cross-site"),
		"another port":   header("Sec-Fetch-Site", "same-site"),
		"foreign origin": header("Origin", "https://evil.example"),
		"null origin":    header("Origin", "null"),
	} {
		t.Run("EM-13 "+name, func(t *testing.T) {
			w := &world{t, w.e}
			a := w.do("POST", "/console/clock", "advance=10m", header("Content-Type", "application/x-www-form-urlencoded"), edit)
			if a.status != http.StatusForbidden || !w.e.clock.Now().Equal(worldTime) {
				t.Errorf("answer %v, clock %v", a, w.e.clock.Now())
			}
		})
	}
}
