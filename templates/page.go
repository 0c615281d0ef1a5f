package templates

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"mysecurity/internal/i18n"
	"mysecurity/internal/site"
)

// View is a page that is ready to be drawn. Both components need a context
// made by [i18n.Bundle.With].
type View interface {
	// Full is the complete document.
	Full() templ.Component
	// Main is the <main id="main"> element alone, the answer to an htmx request.
	Main() templ.Component
}

// PageKey names a page to return to, in place of a URL (security.md decision 12).
type PageKey string

// The pages that a sign-in or a change of language can return to.
const (
	PageOverview     PageKey = "overview"
	PageAdd          PageKey = "add"
	PageAddApp       PageKey = "add-app"
	PageAddPhone     PageKey = "add-phone"
	PageAddEmail     PageKey = "add-email"
	PageAddPush      PageKey = "add-push"
	PageRemove       PageKey = "remove"
	PageRecoveryCode PageKey = "recovery-code"
)

// PageKeys lists every [PageKey].
func PageKeys() []PageKey {
	return []PageKey{
		PageOverview, PageAdd, PageAddApp, PageAddPhone, PageAddEmail, PageAddPush,
		PageRemove, PageRecoveryCode,
	}
}

// Place says where the visitor is or wants to go.
type Place struct {
	Key    PageKey
	Method string // handle of the method, for PageRemove only
}

// URL is the address of the place's page.
func (p Place) URL(s site.Site) string {
	switch p.Key {
	case PageAdd:
		return s.URL("add")
	case PageAddApp:
		return s.URL("add", "app")
	case PageAddPhone:
		return s.URL("add", "phone")
	case PageAddEmail:
		return s.URL("add", "email")
	case PageAddPush:
		return s.URL("add", "push")
	case PageRecoveryCode:
		return s.URL("recovery-code")
	case PageRemove:
		return s.URL("methods", site.Segment(p.Method), "remove")
	default:
		return s.URL()
	}
}

// ConfirmURL is the address that asks for a fresh proof before the place.
func (p Place) ConfirmURL(s site.Site) string { return p.detour(s, "confirm") }

// detour is the address of a page that comes back to the place.
func (p Place) detour(s site.Site, page string) string {
	query := url.Values{"page": {string(p.Key)}}
	if p.Method != "" {
		query.Set("method", p.Method)
	}
	return s.URL(page) + "?" + query.Encode()
}

// Notice is a message at the top of a page, shown once: a success, as a rule.
type Notice string

// The notices of the portal.
const (
	NoticeNone           Notice = ""
	NoticeAppAdded       Notice = "app-added"       // the app protects the account now
	NoticePhoneAdded     Notice = "phone-added"     // so does the telephone number
	NoticeEmailAdded     Notice = "email-added"     // codes can go to the address
	NoticePushAdded      Notice = "push-added"      // the phone gets notifications, and its app gives codes
	NoticeRecoverySaved  Notice = "recovery-saved"  // method added and recovery code stated to be saved
	NoticeRemoved        Notice = "removed"         // the method is gone
	NoticeAlreadyRemoved Notice = "already-removed" // it was gone before we asked
	NoticeAddCancelled   Notice = "add-cancelled"   // the wizard was left; nothing was added
	NoticeScanCancelled  Notice = "scan-cancelled"  // the same, and a QR code may have been scanned
	NoticeCancelUnknown  Notice = "cancel-unknown"  // the wizard was left, and nobody knows whether it had succeeded before
	NoticeAttemptOver    Notice = "attempt-over"    // what was sent belongs to a wizard that has ended elsewhere
	NoticeResent         Notice = "resent"          // a new code is on its way
	NoticeConfirmed      Notice = "confirmed"       // a fresh proof, nothing else
)

// Notices lists every [Notice] that has a text.
func Notices() []Notice {
	return []Notice{
		NoticeAppAdded, NoticePhoneAdded, NoticeEmailAdded, NoticePushAdded,
		NoticeRecoverySaved, NoticeRemoved, NoticeAlreadyRemoved, NoticeAddCancelled,
		NoticeScanCancelled, NoticeCancelUnknown, NoticeAttemptOver, NoticeResent, NoticeConfirmed,
	}
}

// warns reports a message that is no success.
func (n Notice) warns() bool { return n == NoticeCancelUnknown || n == NoticeAttemptOver }

// Proof is how long the visitor may still make changes.
type Proof struct {
	Until time.Time     // end of the proof; zero if none is to be told
	Left  time.Duration // Until minus now
}

// Shown reports whether a page has anything to say about the proof.
func (p Proof) Shown() bool { return !p.Until.IsZero() }

// Expired reports that a change needs a fresh proof first.
func (p Proof) Expired() bool { return p.Left <= 0 }

// Minutes is the time left in whole minutes, rounded up.
func (p Proof) Minutes() int { return int((p.Left + time.Minute - 1) / time.Minute) }

// seconds is Left for the script, which counts down from the page's arrival.
func (p Proof) seconds() string { return strconv.Itoa(int(p.Left / time.Second)) }

// Person is the user as the page's head shows them.
type Person struct{ Name, Email string }

// Page is the base of every view model.
type Page struct {
	Site       site.Site
	Asset      func(name string) string // hashed file name of an asset, see [static.Assets.Name]
	Nonce      string                   // of the Content-Security-Policy of this answer
	Company    string
	SupportURL string // http, https or mailto; empty leaves the link out
	SignedIn   bool
	User       Person
	Today      time.Time // the day of this answer, for a page on paper; zero leaves it out
	FormToken  string    // form token of the session; empty when signed out
	Place      Place     // where a change of language or a new proof returns to
	Notice     Notice
	Proof      Proof
	HasError   bool // the visitor has to correct something: the title says so first

	spriteURL string // see sprite
}

// SignInURL starts a sign-in, or a fresh proof, that returns to the page's place.
func (p *Page) SignInURL() string { return p.Place.detour(p.Site, "sign-in") }

// placeURL is the address of the page's place.
func (p *Page) placeURL() string { return p.Place.URL(p.Site) }

// asset is the address of a static file.
func (p *Page) asset(name string) string { return p.Site.URL("assets", p.Asset(name)) }

// sprite is the address of the icons, made once for each drawing: a page has a
// dozen of them (performance.md G1).
func (p *Page) sprite() string {
	if p.spriteURL == "" {
		p.spriteURL = p.asset("icons.svg")
	}
	return p.spriteURL
}

// headTitle is the text of the <title> element.
func (p *Page) headTitle(ctx context.Context, key string) string {
	frame := "layout.title"
	if p.HasError {
		frame = "layout.title.error"
	}
	return i18n.T(ctx, frame, "Title", i18n.T(ctx, key), "Company", p.Company)
}

// otherLang is the language that the switch in the head offers.
func otherLang(l i18n.Lang) i18n.Lang {
	if l == i18n.French {
		return i18n.English
	}
	return i18n.French
}

// htmxConfig is the content of the htmx-config meta element. The app extension
// brings the Trusted Types policy; history, storage, evaluation and foreign
// hosts are off. Server errors never replace a part of the page.
const htmxConfig = `{"mode":"same-origin","history":false,"includeIndicatorCSS":false,"defaultTimeout":10000,` +
	`"defaultSwap":"outerHTML","extensions":"mysecurity","prefix":"","implicitInheritance":false,` +
	`"noSwap":[204,304,"5xx"]}`
