package auth0

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzAuthenticators: whatever a tenant lists, each entry is of a kind that we know
// or TypeOther, its id can be sent back or is absent, and its name is one short line
// of text.
func FuzzAuthenticators(f *testing.F) {
	for _, body := range garbageBodies() {
		f.Add([]byte(body))
	}
	for _, body := range []string{
		`[]`, `null`, `[null]`, `[{}]`, `[{"id":1}]`, `{"id":"totp|dev_1"}`,
		`[{"id":"totp|dev_1","authenticator_type":"otp","active":true}]`,
		`[{"id":"sms|dev_1","authenticator_type":"oob","oob_channel":"sms","name":"XXXXXXXX5555","active":null}]`,
		`[{"id":"..","authenticator_type":"oob","oob_channel":"hologram","name":"a\r\nb\u0000\u202e\ud800"}]`,
		`[{"id":"a/b\r\nHost: evil"},{"ID":"x","Active":false}]`,
		`[` + strings.Repeat(`{},`, 2000) + `{}]`,
	} {
		f.Add([]byte(body))
	}
	types := []string{TypeOTP, TypeRecoveryCode, TypeOOB, TypeOther}
	channels := []string{ChannelSMS, ChannelVoice, ChannelEmail, ChannelPush}
	f.Fuzz(func(t *testing.T, body []byte) {
		list, ok := readAuthenticators(answer{status: 200, body: body})
		if !ok && list != nil || len(list) > MaxAuthenticators {
			t.Fatalf("%d entries, taken: %v", len(list), ok)
		}
		for _, a := range list {
			if a.ID != "" && !isSendableID(a.ID) || strings.ContainsAny(a.ID, "\r\n\x00") || a.ID == ".." {
				t.Errorf("id %q", a.ID)
			}
			if !slices.Contains(types, a.Type) || slices.Contains(channels, a.Channel) != (a.Type == TypeOOB) {
				t.Errorf("type %q, channel %q", a.Type, a.Channel)
			}
			if len(a.Name) > 200 || !utf8.ValidString(a.Name) || strings.ContainsFunc(a.Name, unicode.IsControl) {
				t.Errorf("name %q", a.Name)
			}
		}
	})
}
