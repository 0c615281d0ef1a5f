package templates

import (
	"net/url"

	"github.com/a-h/templ"
)

// otpauthURL is the link that hands a key to an authenticator app on the same
// device, or empty for anything that is not such a key. templ refuses the
// scheme by itself, so this is the one place where a URL is declared safe: the
// text comes from the tenant and is checked here.
func otpauthURL(text string) templ.SafeURL {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Query().Get("secret") == "" {
		return ""
	}
	return templ.SafeURL(u.String())
}
