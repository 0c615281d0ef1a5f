package templates

import (
	"strconv"
	"time"

	"github.com/a-h/templ"
)

// Where the notification app is to be had.
const (
	appStoreURL   = "https://apps.apple.com/app/auth0-guardian/id1093447833"
	googlePlayURL = "https://play.google.com/store/apps/details?id=com.auth0.guardian"
)

// AddPushIntro is the page before a phone with the notification app is added.
// Its button makes the QR code.
type AddPushIntro struct {
	Page
	// AppOffered says that an authenticator app, which needs no second screen,
	// is offered as well.
	AppOffered bool
}

// Full implements [View].
func (v AddPushIntro) Full() templ.Component {
	return document(&v.Page, "add-push.title", addPushIntro(&v))
}

// Main implements [View].
func (v AddPushIntro) Main() templ.Component {
	return fragment(&v.Page, "add-push.title", addPushIntro(&v))
}

// PushState is how the scan of a QR code stands.
type PushState string

// The states of a scan. In the last three the QR code is still good.
const (
	PushDenied  PushState = "denied"  // the phone said no
	PushExpired PushState = "expired" // the QR code is no longer valid
	PushWaiting PushState = "waiting"
	PushNotYet  PushState = "not-yet" // the visitor asked, and nothing has come from the phone
	PushUnsure  PushState = "unsure"  // the tenant did not answer
)

// PushStates lists every [PushState].
func PushStates() []PushState {
	return []PushState{PushDenied, PushExpired, PushWaiting, PushNotYet, PushUnsure}
}

// over reports that a new QR code is needed.
func (s PushState) over() bool { return s == PushDenied || s == PushExpired }

// AddPushScan shows the QR code for the notification app and waits for it.
type AddPushScan struct {
	Page
	QR         [][]bool // modules without the quiet zone, true is dark
	Until      time.Time
	State      PushState
	Every      time.Duration // the rhythm of asking, whole seconds
	HasOther   bool          // another method is active and keeps working
	AppOffered bool          // as in [AddPushIntro]
}

// Full implements [View].
func (v AddPushScan) Full() templ.Component {
	return document(&v.Page, "add-push.title", addPushScan(&v))
}

// Main implements [View].
func (v AddPushScan) Main() templ.Component {
	return fragment(&v.Page, "add-push.title", addPushScan(&v))
}

// Status is the part that changes while the page waits, alone: the answer to
// the page's own question when the state is another than before. It asks on
// only while the QR code is good.
func (v AddPushScan) Status() templ.Component { return pushStatus(&v, true) }

// trigger is how often htmx asks. Anything but a number of seconds never gets
// into the attribute, which could hold a condition to be evaluated.
func (v *AddPushScan) trigger() string {
	return "every " + strconv.Itoa(max(1, int(v.Every/time.Second))) + "s"
}
