package auth0

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mysecurity/internal/secret"
)

const pushURI = "otpauth://totp/Acme%20Tenant:user%40example.com?enrollment_tx_id=a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5&base_url=https%3A%2F%2Facme.guardian.eu.auth0.com"

// started is what an associate call of any kind has returned.
type started struct {
	oob, uri, recovery string
	err                error
}

// associations are the out-of-band calls, and what the tenant has to be sent.
func associations() map[string]struct {
	run  func(*testing.T, *Client) started
	want map[string]any
} {
	type row = struct {
		run  func(*testing.T, *Client) started
		want map[string]any
	}
	delivery := func(d Delivery, err error) started {
		return started{oob: d.OOB.Reveal(), recovery: d.RecoveryCode.Reveal(), err: err}
	}
	phone := func(channel string) func(*testing.T, *Client) started {
		return func(t *testing.T, c *Client) started {
			return delivery(c.AssociatePhone(t.Context(), accessToken(), channel, "+441632960147"))
		}
	}
	return map[string]row{
		"sms":   {phone(ChannelSMS), map[string]any{"oob_channels": []any{"sms"}, "phone_number": "+441632960147"}},
		"voice": {phone(ChannelVoice), map[string]any{"oob_channels": []any{"voice"}, "phone_number": "+441632960147"}},
		"email": {func(t *testing.T, c *Client) started {
			return delivery(c.AssociateEmail(t.Context(), accessToken(), "ada@example.com"))
		}, map[string]any{"oob_channels": []any{"email"}, "email": "ada@example.com"}},
		"push": {func(t *testing.T, c *Client) started {
			p, err := c.AssociatePush(t.Context(), accessToken())
			return started{p.OOB.Reveal(), p.URI.Reveal(), p.RecoveryCode.Reveal(), err}
		}, map[string]any{"oob_channels": []any{"auth0"}}},
	}
}

func TestAssociateOutOfBand(t *testing.T) {
	answer := map[string]any{
		"authenticator_type": "oob", "binding_method": "prompt", "oob_channel": "sms", "oob_code": "Fe26.2*" + testOOB,
		"barcode_uri": pushURI, "recovery_codes": []string{"A1B2C3D4E5F6G7H8J9K0L1M2"},
	}
	associate := func(t *testing.T, kind string, bend map[string]any) started {
		t.Helper()
		tn, call := newTenant(t), associations()[kind]
		body := map[string]any{}
		apply(body, answer)
		apply(body, bend)
		tn.on(associateRoute, func(w http.ResponseWriter, r *http.Request) {
			want := map[string]any{"authenticator_types": []any{"oob"}, "client_id": testClient, "client_secret": testSecret}
			apply(want, call.want)
			var asked map[string]any
			if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Header.Get("Authorization") != "Bearer "+testAccess {
				t.Errorf("request %v", err)
			}
			if diff := cmp.Diff(want, asked); diff != "" {
				t.Error(diff)
			}
			writeJSON(w, http.StatusOK, string(mustJSON(body)))
		})
		got := call.run(t, tn.client())
		if n := tn.count(associateRoute); n != 1 {
			t.Errorf("sent %d times", n)
		}
		return got
	}
	for kind := range associations() {
		t.Run(kind+", first", func(t *testing.T) {
			got := associate(t, kind, nil)
			if got.err != nil || got.oob != answer["oob_code"] || got.recovery != "A1B2C3D4E5F6G7H8J9K0L1M2" || kind == "push" && got.uri != pushURI {
				t.Errorf("%+v", got)
			}
		})
		t.Run(kind+", later", func(t *testing.T) {
			if got := associate(t, kind, map[string]any{"recovery_codes": absent}); got.err != nil || got.recovery != "" {
				t.Errorf("%+v", got)
			}
		})
		for name, bend := range map[string]map[string]any{
			"no oob_code":                {"oob_code": absent},
			"empty oob_code":             {"oob_code": ""},
			"UP-19 oob_code with a line": {"oob_code": "Fe26.2*a\r\nX: y"},
			"UP-19 oob_code of 8 KB":     {"oob_code": strings.Repeat("x", 8<<10)},
			"oob_code a number":          {"oob_code": 7},
		} {
			t.Run(kind+", "+name, func(t *testing.T) {
				got := associate(t, kind, bend)
				wantError(t, got.err, KindUnknownOutcome, reasonMalformed)
				if got.recovery != "A1B2C3D4E5F6G7H8J9K0L1M2" {
					t.Error("MF-22: the recovery code of an answer of no other use is lost")
				}
			})
		}
	}
	for name, uri := range map[string]any{
		"no URI":                   absent,
		"XS-02 URI a script":       "javascript:alert(1)//?enrollment_tx_id=x",
		"XS-02 URI of another app": "https://evil.example/?enrollment_tx_id=x",
		"URI of an app":            "otpauth://totp/x?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
		"URI without its name":     "otpauth://totp/x?enrollment_tx_id=",
		"URI with a line break":    "otpauth://totp/x\n?enrollment_tx_id=y",
		"URI of 3 KB":              pushURI + strings.Repeat("x", 3000),
	} {
		t.Run("push, "+name, func(t *testing.T) {
			wantError(t, associate(t, "push", map[string]any{"barcode_uri": uri}).err, KindUnknownOutcome, reasonMalformed)
		})
	}
}

// TestAssociateRefusesBadParameters: what cannot be a number or an address is not
// sent.
func TestAssociateRefusesBadParameters(t *testing.T) {
	tn := newTenant(t)
	c := tn.client()
	for _, number := range []string{"", "441632960147", "+", "+44 1632", "+1234567890123456", "+44163\n", "+４４", "+44163;ext=1", "tel:+44"} {
		_, err := c.AssociatePhone(t.Context(), accessToken(), ChannelSMS, number)
		wantError(t, err, KindBadNumber, reasonBadParameter)
	}
	for _, channel := range []string{"", "email", "auth0", "fax", "sms,voice"} {
		_, err := c.AssociatePhone(t.Context(), accessToken(), channel, "+441632960147")
		wantError(t, err, KindInternal, reasonBadParameter)
	}
	for _, address := range []string{"", "ada", "@example.com", "ada@", "a da@example.com", "ada@example.com\r\nBcc: x", "\xff@example.com", strings.Repeat("a", 320) + "@example.com"} {
		_, err := c.AssociateEmail(t.Context(), accessToken(), address)
		wantError(t, err, KindBadAddress, reasonBadParameter)
	}
	if len(tn.asked) != 0 {
		t.Errorf("requests %v", tn.asked)
	}
}

func TestConfirmOutOfBand(t *testing.T) {
	for name, run := range map[string]struct {
		call func(*Client) error
		form map[string]string
	}{
		"message": {func(c *Client) error {
			return c.ConfirmMessage(t.Context(), accessToken(), secret.New(testOOB), secret.New("123456"))
		}, map[string]string{"binding_code": "123456"}},
		"push": {func(c *Client) error {
			return c.CheckPush(t.Context(), accessToken(), secret.New(testOOB))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t)
			tn.on(confirmRoute, func(w http.ResponseWriter, r *http.Request) {
				want := map[string]string{
					"grant_type": "http://auth0.com/oauth/grant-type/mfa-oob", "mfa_token": testAccess, "oob_code": testOOB,
					"client_id": testClient, "client_secret": testSecret,
				}
				for field, value := range run.form {
					want[field] = value
				}
				if diff := cmp.Diff(want, formOf(r)); diff != "" {
					t.Error(diff)
				}
				if r.Header.Get("Authorization") != "Bearer "+testAccess {
					t.Error("no bearer token")
				}
				writeJSON(w, http.StatusOK, `{"access_token":"x","token_type":"Bearer","expires_in":600}`)
			})
			if err := run.call(tn.client()); err != nil {
				t.Error(err)
			}
			if n := tn.count(discoveryRoute); n != 0 {
				t.Error("a confirmation waited for discovery")
			}
		})
	}
	t.Run("client credentials in the header", func(t *testing.T) {
		tn := newTenant(t)
		cfg := tn.config()
		cfg.BasicAuth = true
		tn.on(confirmRoute, func(w http.ResponseWriter, r *http.Request) {
			id, password, ok := r.BasicAuth()
			form := formOf(r)
			if !ok || id != testClient || password != testSecret || form["client_secret"] != "" || form["mfa_token"] != testAccess {
				t.Errorf("%v, form %v", ok, form)
			}
			writeJSON(w, http.StatusOK, `{"access_token":"x"}`)
		})
		if err := newTestClient(t, cfg, standardLimits()).CheckPush(t.Context(), accessToken(), secret.New(testOOB)); err != nil {
			t.Error(err)
		}
	})
}

// formOf is what a request posts, each field once.
func formOf(r *http.Request) map[string]string {
	_ = r.ParseForm()
	form := map[string]string{}
	for field, values := range r.PostForm {
		form[field] = strings.Join(values, " and ")
	}
	return form
}

func FuzzPushURI(f *testing.F) {
	for _, seed := range []string{pushURI, "", "otpauth://", "otpauth:?enrollment_tx_id=1", "OTPAUTH://totp/?enrollment_tx_id=%zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if isPushURI(text) && (!strings.HasPrefix(strings.ToLower(text), "otpauth:") || !isClean(text) || len(text) > 2000) {
			t.Errorf("%q", text)
		}
	})
}
