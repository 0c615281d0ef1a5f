package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// TestRemovalAnswers (UP-14): a 404 means that it is gone already; a success
// may have a body.
func TestRemovalAnswers(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	for name, answer := range map[string]string{
		"404": `"status":404,"body":{"error":"not_found"}`, "404 without body": `"status":404`, "200 with body": `"status":200,"body":{"ok":true}`,
	} {
		t.Run("UP-14 "+name, func(t *testing.T) {
			p := p.in(t)
			_, b := p.protected()
			path := "methods/" + b.handles()[0] + "/remove"
			p.fault(`{"match":"DELETE /*",` + answer + `}`)
			b.moved(b.post(path, url.Values{"understood": {"yes"}}), "")
			if !b.get("").has("#notice") {
				t.Error("nothing is said")
			}
		})
	}
}

// TestUnusableEntries (UP-12, UP-19): what we cannot name to the tenant is shown
// and not offered for removal; a list without end is cut.
func TestUnusableEntries(t *testing.T) {
	t.Parallel()
	p := startPortal(t, portalOptions{minMethods: 0})
	_, b := p.protected()
	p.fault(`{"match":"GET /mfa/authenticators","status":200,"body":[
		{"id":"totp|dev_AAAAAAAAAAAAAAAA","authenticator_type":"otp","active":true},
		{"id":"` + strings.Repeat("x", 8192) + `","authenticator_type":"otp","active":true},
		{"id":"totp|dev\r\nX-Injected: 1","authenticator_type":"otp","active":true}]}`)
	if rows := b.get("").doc.Find("section[aria-labelledby=apps] li").Length(); rows != 3 {
		t.Errorf("UP-19 %d rows", rows)
	}
	if n := len(b.handles()); n != 1 {
		t.Errorf("UP-19 %d rows can be removed, want 1", n)
	}
	p.heal()
	entry := `{"id":"totp|dev_%d","authenticator_type":"otp","active":true},`
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, entry, i)
	}
	p.fault(`{"match":"GET /mfa/authenticators","status":200,"body":[` + strings.TrimSuffix(many.String(), ",") + `]}`)
	a := b.get("")
	if rows := a.doc.Find("section[aria-labelledby=apps] li").Length(); rows != 200 || !a.has("#more") {
		t.Errorf("UP-12 %d rows, and the note that there are more: %v", rows, a.has("#more"))
	}
	p.heal()
	if b.get("").has("#more") {
		t.Error("UP-12 a whole list is said to be cut")
	}
}
