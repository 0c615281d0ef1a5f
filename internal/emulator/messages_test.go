package emulator

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMessageTexts: the code comes first, is called a security code, and a text is
// bound to the host where it is to be typed (WebOTP).
func TestMessageTexts(t *testing.T) {
	for _, c := range []struct{ channel, lang, subject, text string }{
		{"sms", "en", "", "048213 is your Acme security code. It is valid for 5 minutes. Do not give it to anyone.\n\n@portal.example #048213"},
		{"sms", "fr", "", "048213 est votre code de sécurité Acme. Il est valable 5 minutes. Ne le donnez à personne.\n\n@portal.example #048213"},
		{"email", "", "048213 is your Acme security code", "048213 is your Acme security code. It is valid for 5 minutes. Do not give it to anyone."},
		{"email", "fr-CA", "048213 est votre code de sécurité Acme", "048213 est votre code de sécurité Acme. Il est valable 5 minutes. Ne le donnez à personne."},
		{"voice", "de", "", "Hello. Your Acme security code is: zero, four, eight, two, one, three. I repeat: zero, four, eight, two, one, three. Goodbye."},
		{"voice", "fr", "", "Bonjour. Votre code de sécurité Acme est : zéro, quatre, huit, deux, un, trois. Je répète : zéro, quatre, huit, deux, un, trois. Au revoir."},
	} {
		subject, text := messageText(c.channel, "Acme", "048213", c.lang, "portal.example")
		if diff := cmp.Diff([]string{c.subject, c.text}, []string{subject, text}); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", c.channel, c.lang, diff)
		}
	}
}

// TestMessageSent: to whom, in the user's language, with the code that counts.
func TestMessageSent(t *testing.T) {
	w := newWorld(t)
	w.started(w.accessToken("chloe@example.com", allScopes), "sms") // locale fr-CA
	m := w.sent()
	if m.Channel != "sms" || m.To != adaNumber || !strings.HasPrefix(m.Text, m.Code+" est votre code") || len(m.Code) != 6 ||
		!strings.HasSuffix(m.Text, "\n@localhost #"+m.Code) || !m.At.Equal(worldTime) {
		t.Errorf("message %+v", m)
	}
	for accept, want := range map[string]string{"fr;q=0.9, de": " est votre", "de, en": " is your"} { // ada has no locale
		w.api("POST", "/mfa/associate", w.oobBody("email", nil), bearerToken(w.accessToken(ada, allScopes)), header("Accept-Language", accept))
		if m := w.sent(); m.To != ada || !strings.Contains(m.Text, want) || m.Subject == "" {
			t.Errorf("%s: message %+v", accept, m)
		}
	}
	w.api("POST", "/mfa/associate", w.oobBody("email", map[string]any{"email": "second@example.com"}), bearerToken(w.accessToken(ada, allScopes)))
	if m := w.sent(); m.To != "second@example.com" {
		t.Errorf("message %+v", m)
	}
}

// TestCodeHost: a code is typed in the application that asked for it, or on the
// tenant's own page.
func TestCodeHost(t *testing.T) {
	w := newWorld(t)
	id, secret := w.e.PortalApplication()
	w.e.s.mu.Lock()
	w.e.s.apps[id].Callbacks = []string{"https://security.example:8443/callback"}
	w.e.s.mu.Unlock()
	w.started(w.accessToken(bruno, allScopes), "sms")
	if m := w.sent(); !strings.HasSuffix(m.Text, "\n@security.example #"+m.Code) {
		t.Errorf("enrolment: %q", m.Text)
	}
	w.challenge(id, secret, map[string]any{"mfa_token": w.mfaToken(bruno), "oob_channel": "sms"})
	if m := w.sent(); !strings.HasSuffix(m.Text, "\n@security.example #"+m.Code) {
		t.Errorf("challenge: %q", m.Text)
	}
	w.e.s.mu.Lock()
	u := w.e.userByEmail(bruno)
	o, failure := w.e.challengeFactor(u, w.e.factors(u)[1], client{Lang: "fr"})
	w.e.s.mu.Unlock()
	if m := w.sent(); failure != nil || m.Code != o.Binding || !strings.HasSuffix(m.Text, "\n@localhost #"+m.Code) || !strings.Contains(m.Text, "code de sécurité") {
		t.Errorf("sign-in page: %q %v", m.Text, failure)
	}
}

// TestMessagesBounded: the inbox keeps the newest.
func TestMessagesBounded(t *testing.T) {
	w := newWorld(t)
	w.e.s.mu.Lock()
	defer w.e.s.mu.Unlock()
	for range 3 * maxMessages {
		w.e.sendMessage("sms", adaNumber, "123456", "en", "x")
	}
	w.e.sendMessage("sms", adaNumber, "654321", "en", "x")
	if n := len(w.e.s.messages); n > 2*maxMessages || w.e.s.messages[n-1].Code != "654321" {
		t.Errorf("%d messages", n)
	}
}
