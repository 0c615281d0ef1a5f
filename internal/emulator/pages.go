package emulator

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"golang.org/x/text/language"
)

//go:embed pages/signin*
var pageFiles embed.FS

const fallbackLanguage = "en"

// view is what a page of the sign-in shows.
type view struct {
	Lang        string
	Tenant      string // friendly name
	Application string // that the user signs in to
	State       string // id of the login, goes with every form
	Problem     string // text key of what went wrong, or ""
	Field       string // id of the field that Problem is about
	Identifier  string // e-mail address typed or hinted
	Users       []SeedUser
	Scopes      []string
	Code        string   // replacement of a used recovery code
	Kind        string   // of the factor that is asked for
	To          string   // masked number or address, or the device's name
	Sent        int      // how often something was sent there, 0 if it could not be
	Waiting     bool     // for the answer of a device: the page loads itself anew
	Choices     []choice // of the list of methods
	Return      []hidden // parameters that the confirmation of a sign-out carries

	texts map[string]string
	style template.CSS
}

// hidden is a hidden form field.
type hidden struct{ Name, Value string }

// T returns a text of the page's language. A missing one is an error and so
// fails the page, and with it the tests.
func (v view) T(key string, args ...any) (string, error) {
	text, ok := v.texts[key]
	if !ok {
		return "", fmt.Errorf("no text %q in %q", key, v.Lang)
	}
	if len(args) == 0 {
		return text, nil
	}
	return fmt.Sprintf(text, args...), nil
}

// Choice is the text of an entry of the list of methods.
func (v view) Choice(c choice) (string, error) {
	switch c.Kind {
	case kindTOTP:
		return v.T("options.otp")
	case kindRecovery:
		return v.T("options.recovery")
	}
	return v.T("options."+c.Kind, c.To)
}

// Style returns the style sheet of all pages.
func (v view) Style() template.CSS { return v.style }

// pages are the templates, texts and style sheet of the sign-in.
type pages struct {
	templates map[string]*template.Template
	texts     map[string]map[string]string // by language
	style     template.CSS
	policy    string // Content-Security-Policy
}

// loadPages parses what is embedded.
func loadPages() (*pages, error) {
	p := &pages{templates: make(map[string]*template.Template), texts: make(map[string]map[string]string)}
	style, err := pageFiles.ReadFile("pages/signin.css")
	if err != nil {
		return nil, fmt.Errorf("emulator pages: %w", err)
	}
	p.style = template.CSS(style) //nolint:gosec // our own file
	p.policy = contentPolicy(style)
	for _, lang := range languages() {
		if p.texts[lang], err = loadTexts(lang); err != nil {
			return nil, err
		}
	}
	names, err := fs.Glob(pageFiles, "pages/signin_*.html")
	if err != nil {
		return nil, fmt.Errorf("emulator pages: %w", err)
	}
	for _, name := range names {
		page, err := template.ParseFS(pageFiles, "pages/signin.html", name)
		if err != nil {
			return nil, fmt.Errorf("emulator pages: %w", err)
		}
		p.templates[strings.TrimSuffix(strings.TrimPrefix(path.Base(name), "signin_"), ".html")] = page
	}
	return p, nil
}

func loadTexts(lang string) (map[string]string, error) {
	raw, err := pageFiles.ReadFile("pages/signin_" + strings.SplitN(lang, "-", 2)[0] + ".json")
	if err != nil {
		return nil, fmt.Errorf("emulator pages: %w", err)
	}
	var texts map[string]string
	if err := json.Unmarshal(raw, &texts); err != nil {
		return nil, fmt.Errorf("emulator pages: texts of %s: %w", lang, err)
	}
	return texts, nil
}

// contentPolicy allows the one inline style sheet and nothing else. It has no
// form-action: a form that ends in a redirect to the application would be stopped
// by it.
func contentPolicy(style []byte) string {
	sum := sha256.Sum256(style)
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; frame-ancestors 'none'"
}

// render executes a page into a buffer, so that a failing template cannot send
// half a page.
func (p *pages) render(name string, v view) ([]byte, error) {
	v.texts, v.style = p.texts[v.Lang], p.style
	var out bytes.Buffer
	if err := p.templates[name].ExecuteTemplate(&out, "signin.html", v); err != nil {
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// headers sets those of every page.
func (p *pages) headers(h http.Header, lang string) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang)
	h.Set("Content-Security-Policy", p.policy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Vary", "Accept-Language, Cookie")
}

// languages are those the tenant has enabled, the default first. fr-CA shares
// its texts with fr.
func languages() []string { return []string{fallbackLanguage, "fr", "fr-CA"} }

// languageOf chooses the language of the pages: the first of ui_locales that is
// enabled, else by Accept-Language, else the tenant's default.
func (e *Emulator) languageOf(r *http.Request, uiLocales string) string {
	for _, wanted := range strings.Fields(uiLocales) {
		if lang, ok := enabledLanguage(wanted); ok {
			return lang
		}
	}
	accepted, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return fallbackLanguage
	}
	for _, tag := range accepted {
		if lang, ok := enabledLanguage(tag.String()); ok {
			return lang
		}
	}
	return fallbackLanguage
}

// enabledLanguage matches one tag exactly, else by its first part: fr-FR is
// served in fr.
func enabledLanguage(tag string) (string, bool) {
	base, _, _ := strings.Cut(tag, "-")
	for _, wanted := range []string{tag, base} {
		for _, lang := range languages() {
			if strings.EqualFold(wanted, lang) {
				return lang, true
			}
		}
	}
	return "", false
}
