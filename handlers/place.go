package handlers

import (
	"mysecurity/internal/account"
	"mysecurity/templates"
)

// PlaceFrom reads where a detour (signing in, switching the language) comes
// back to. No URL ever travels: only a key of a fixed list and, for one
// method's page, its handle (security decision 12). Whatever is not exactly one
// of the list is the overview.
func PlaceFrom(key, method string) templates.Place {
	switch place := templates.PageKey(key); place {
	case templates.PageAdd, templates.PageAddApp, templates.PageAddPhone, templates.PageAddEmail, templates.PageAddPush,
		templates.PageRecoveryCode:
		return templates.Place{Key: place}
	case templates.PageRemove:
		if account.ValidHandle(method) {
			return templates.Place{Key: place, Method: method}
		}
	}
	return templates.Place{Key: templates.PageOverview}
}
