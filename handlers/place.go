package handlers

import (
	"net/url"

	"mysecurity/internal/account"
	"mysecurity/internal/site"
	"mysecurity/templates"
)

// PlaceFrom reads where a detour (signing in, switching the language) comes
// back to. No URL ever travels: only a key of a fixed list and, for one
// method's page, its handle (security decision 12). Whatever is not exactly one
// of the list is the overview.
func PlaceFrom(key, method string) templates.Place {
	switch place := templates.PageKey(key); place {
	case templates.PageAddApp, templates.PageRecoveryCode:
		return templates.Place{Key: place}
	case templates.PageRemove:
		if account.ValidHandle(method) {
			return templates.Place{Key: place, Method: method}
		}
	}
	return templates.Place{Key: templates.PageOverview}
}

// placeURL returns the address of a place's page.
func placeURL(s site.Site, p templates.Place) string {
	switch p.Key {
	case templates.PageAddApp:
		return s.URL("add/app")
	case templates.PageRecoveryCode:
		return s.URL("recovery-code")
	case templates.PageRemove:
		return s.URL("methods", site.Segment(p.Method), "remove")
	default:
		return s.URL()
	}
}

// confirmURL returns the address that asks for a fresh proof for a place.
func confirmURL(s site.Site, p templates.Place) string {
	query := url.Values{"page": {string(p.Key)}}
	if p.Method != "" {
		query.Set("method", p.Method)
	}
	return s.URL("confirm") + "?" + query.Encode()
}
