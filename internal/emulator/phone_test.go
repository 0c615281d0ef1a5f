package emulator

import (
	"strconv"
	"strings"
	"testing"
)

const someSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

func TestScanAccepts(t *testing.T) {
	for name, c := range map[string]struct {
		uri  string
		want phoneAccount
	}{
		"as recorded": {
			barcodeURI("Acme Tenant", "user+x@example.com", someSecret),
			phoneAccount{"Acme Tenant:user+x@example.com", "Acme Tenant", someSecret},
		},
		"least": {"otpauth://totp/me?secret=" + someSecret, phoneAccount{"me", "", someSecret}},
		"pasted with space": {
			"  otpauth://totp/me?secret=jbsw+y3dp+ehpk+3pxp \n",
			phoneAccount{"me", "", "JBSWY3DPEHPK3PXP"},
		},
		"umlauts": {barcodeURI("Kölner & Söhne", "ö@example.com", someSecret), phoneAccount{"Kölner & Söhne:ö@example.com", "Kölner & Söhne", someSecret}},
	} {
		t.Run(name, func(t *testing.T) {
			p := &phone{}
			got, err := p.scan(c.uri)
			if err != nil || got != c.want || len(p.Accounts) != 1 {
				t.Fatalf("%+v %v, want %+v", got, err, c.want)
			}
			if _, err := p.scan(c.uri); err != nil || len(p.Accounts) != 1 {
				t.Errorf("twice: %v %v", p.Accounts, err)
			}
		})
	}
}

func TestScanRefuses(t *testing.T) {
	for name, uri := range map[string]string{
		"empty":         "",
		"web address":   "https://example.com/?secret=" + someSecret,
		"counter based": "otpauth://hotp/me?secret=" + someSecret + "&counter=1",
		"no name":       "otpauth://totp/?secret=" + someSecret,
		"no secret":     "otpauth://totp/me",
		"bad secret":    "otpauth://totp/me?secret=01189998819991197253",
		"eight digits":  "otpauth://totp/me?digits=8&secret=" + someSecret,
		"sha-256":       "otpauth://totp/me?algorithm=SHA256&secret=" + someSecret,
		"a minute":      "otpauth://totp/me?period=60&secret=" + someSecret,
		"Guardian":      "otpauth://totp/me?enrollment_tx_id=abc&base_url=https%3A%2F%2Fexample.com",
		"bad query":     "otpauth://totp/me?secret=%zz",
		"control":       "otpauth://totp/\x00",
	} {
		t.Run(name, func(t *testing.T) {
			p := &phone{}
			if got, err := p.scan(uri); err == nil || len(p.Accounts) != 0 {
				t.Errorf("accepted as %+v", got)
			}
		})
	}
}

func TestPhoneIsBounded(t *testing.T) {
	p := &phone{}
	for i := range maxPhoneAccounts {
		if _, err := p.scan("otpauth://totp/me" + strconv.Itoa(i) + "?secret=" + someSecret); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.scan("otpauth://totp/more?secret=" + someSecret); err == nil || !strings.Contains(err.Error(), "no more") {
		t.Errorf("no bound: %v", err)
	}
}
