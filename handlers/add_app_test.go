package handlers

import (
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
	"mysecurity/templates"
)

// TestAppKey: the parameters under "details" are those of the tenant's text,
// and the usual ones where it says nothing (key URI format).
func TestAppKey(t *testing.T) {
	tests := []struct {
		uri, issuer, account, algorithm string
		digits                          int
		period                          time.Duration
	}{
		{"otpauth://totp/Example%20Company:ada%40example.com?secret=ABC&issuer=Example%20Company&algorithm=SHA1&digits=6&period=30", "Example Company", "ada@example.com", "SHA1", 6, 30 * time.Second},
		{"otpauth://totp/Label:ada?secret=ABC&issuer=Parameter&algorithm=SHA256&digits=8&period=60", "Parameter", "ada", "SHA256", 8, time.Minute},
		{"otpauth://totp/ada?secret=ABC", "", "ada", "SHA1", 6, 30 * time.Second},
		{"otpauth://totp/a:b:c?secret=ABC&digits=-1&period=many", "a", "b:c", "SHA1", 6, 30 * time.Second},
		{"otpauth://totp/ada?secret=ABC&period=99999999999999999999", "", "ada", "SHA1", 6, 30 * time.Second},
	}
	for _, tt := range tests {
		key, err := appKey(account.Enrolment{Key: account.Key{Secret: secret.New("ABC"), URI: secret.New(tt.uri)}})
		if err != nil {
			t.Errorf("%s: %v", tt.uri, err)
			continue
		}
		if key.Issuer != tt.issuer || key.Account != tt.account || key.Algorithm != tt.algorithm || key.Digits != tt.digits || key.Period != tt.period {
			t.Errorf("%s: %q %q %s %d %s", tt.uri, key.Issuer, key.Account, key.Algorithm, key.Digits, key.Period)
		}
		if len(key.QR) < 21 || key.Secret != "ABC" || key.URI != tt.uri {
			t.Errorf("%s: no picture, or another key", tt.uri)
		}
	}
	if _, err := appKey(account.Enrolment{Key: account.Key{URI: secret.New("otpauth://%zz")}}); err == nil {
		t.Error("a text that cannot be read makes a key")
	}
}

// TestWrongCode (MF-05): the attempts left are told when few remain, a clock
// that is off when two codes agree on it.
func TestWrongCode(t *testing.T) {
	tests := []struct {
		name string
		e    account.Enrolment
		want codeProblem
	}{
		{"first", account.Enrolment{Wrong: 1}, codeProblem{problem: templates.CodeWrong}},
		{"third", account.Enrolment{Wrong: 3}, codeProblem{problem: templates.CodeWrong, left: 2}},
		{"fourth", account.Enrolment{Wrong: 4}, codeProblem{problem: templates.CodeWrong, left: 1}},
		{"one code explained", account.Enrolment{Wrong: 1, Key: account.Key{Drift: []int{-8}}}, codeProblem{problem: templates.CodeWrong}},
		{"slow", account.Enrolment{Wrong: 2, Key: account.Key{Drift: []int{-8}, DriftAgreed: true}}, codeProblem{problem: templates.CodeClockSlow, minutes: 4}},
		{"fast", account.Enrolment{Wrong: 2, Key: account.Key{Drift: []int{8}, DriftAgreed: true}}, codeProblem{problem: templates.CodeClockFast, minutes: 4}},
		{"hardly off", account.Enrolment{Wrong: 2, Key: account.Key{Drift: []int{1}, DriftAgreed: true}}, codeProblem{problem: templates.CodeWrong}},
	}
	for _, tt := range tests {
		if got := wrongCode(tt.e); got != tt.want {
			t.Errorf("MF-05 %s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
