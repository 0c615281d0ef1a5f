package templates

import (
	"time"

	"github.com/a-h/templ"
)

// AddMessage asks for the code that is on its way to a phone or an e-mail
// address. Its fields are code, and channel (sms or voice) to have it sent again
// to a phone.
type AddMessage struct {
	Page
	Kind        MethodKind    // MethodPhone or MethodEmail
	To          string        // the number's last digits, or the address
	Channel     string        // how it was sent to a phone: sms or voice; empty for e-mail
	CallInstead bool          // a call is offered beside the text message
	TextInstead bool          // a text message is offered beside the call
	Until       time.Time     // how long the code is valid; zero leaves it unsaid
	AgainAt     time.Time     // when the next one may be sent
	AgainIn     time.Duration // AgainAt minus now; zero or less if it may be sent already
	Expired     bool          // the code is no longer valid: a new one has to be sent
	HasOther    bool          // another method is active and keeps working

	Code         string // what was typed, for problems of form only
	Problem      CodeProblem
	AttemptsLeft int       // when few remain, otherwise 0
	RetryAt      time.Time // with CodeTooMany and CodeMessages; zero if unknown
}

// Full implements [View].
func (v AddMessage) Full() templ.Component {
	return document(&v.Page, "add-"+string(v.Kind)+".title", addMessage(&v))
}

// Main implements [View].
func (v AddMessage) Main() templ.Component {
	return fragment(&v.Page, "add-"+string(v.Kind)+".title", addMessage(&v))
}

// url is one of the addresses of the page's forms.
func (v *AddMessage) url(action string) string {
	return v.Site.URL("add", string(v.Kind), action)
}

// over reports that there is no code to type any more.
func (v *AddMessage) over() bool { return v.Expired || v.Problem == CodeExpired }

// way is how the code travels, as part of a key: sms, voice or email.
func (v *AddMessage) way() string {
	if v.Kind == MethodEmail {
		return string(MethodEmail)
	}
	return v.Channel
}

// sentKey is the sentence on where the code went. A code that has expired is
// told of in the past.
func (v *AddMessage) sentKey() string {
	if v.over() {
		return "add-message.sent.expired." + string(v.Kind)
	}
	return "add-message.sent." + v.way()
}

// againKey is what the button says that sends a new code the same way.
func (v *AddMessage) againKey() string {
	if v.Channel == channelCall {
		return "add-message.again.call"
	}
	return "add-message.again.send"
}

// aboutSending reports a problem of having a new code sent, where the code that
// was typed is not the matter.
func (p CodeProblem) aboutSending() bool {
	return p == CodeTooSoon || p == CodeNotSent || p == CodeMessages
}

// waits reports that the page says when the next code may be sent. What went
// wrong says it already after a form that came too soon.
func (v *AddMessage) waits() bool { return v.AgainIn > 0 && v.Problem != CodeTooSoon }

// seconds is a wait in whole seconds, rounded up.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
