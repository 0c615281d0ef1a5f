package templates

import "github.com/a-h/templ"

// Offers says which kinds of method the company offers. What it does not offer
// is not shown.
type Offers struct{ App, Text, Call, Email, Push bool }

// Phone reports whether a phone number can be added, for text or for calls.
func (o Offers) Phone() bool { return o.Text || o.Call }

// kinds are the offered kinds, strongest first.
func (o Offers) kinds() []MethodKind {
	var kinds []MethodKind
	for _, k := range []struct {
		kind    MethodKind
		offered bool
	}{{MethodApp, o.App}, {MethodPush, o.Push}, {MethodPhone, o.Phone()}, {MethodEmail, o.Email}} {
		if k.offered {
			kinds = append(kinds, k.kind)
		}
	}
	return kinds
}

// url is the page on which a method is added: the choice, or the app's own if
// there is nothing to choose.
func (o Offers) url(p *Page) string {
	if o == (Offers{App: true}) {
		return addURL(p, MethodApp)
	}
	return p.Site.URL("add")
}

// addURL is the page on which a method of one kind is added.
func addURL(p *Page, k MethodKind) string { return p.Site.URL("add", string(k)) }

// AddChoose is the page on which the kind of the new method is chosen.
type AddChoose struct {
	Page
	Offers Offers
}

// Full implements [View].
func (v AddChoose) Full() templ.Component { return document(&v.Page, "add.title", addChoose(&v)) }

// Main implements [View].
func (v AddChoose) Main() templ.Component { return fragment(&v.Page, "add.title", addChoose(&v)) }

// textKey is the sentence on what a kind means for the visitor. A phone is one
// kind, whichever way its codes come.
func (o Offers) textKey(k MethodKind) string {
	if k != MethodPhone {
		return "add." + string(k) + ".text"
	}
	return "add.phone.text." + channels(o.Text, o.Call)
}

// channels is the part of a key that tells how a phone gets its codes.
func channels(text, call bool) string {
	switch {
	case text && !call:
		return channelText
	case call && !text:
		return channelCall
	default:
		return "both"
	}
}

// noteIcon marks what weakens a method, other than what it merely needs.
func noteIcon(k MethodKind) string {
	if k == MethodPush {
		return "info"
	}
	return "triangle-alert"
}
