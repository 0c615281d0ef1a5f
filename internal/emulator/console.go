package emulator

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"time"
)

//go:embed pages/console
var consoleFiles embed.FS

// The console needs no script; nothing in its pages could load one.
const consolePolicy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// consoleTime is how the console writes times: exact, and as the control API
// takes them.
const consoleTime = "2006-01-02T15:04:05Z"

// A page with ?live=1 loads itself anew every few seconds. It has nothing to type
// in, or that would be lost.
const (
	liveParameter = "live"
	liveQuery     = liveParameter + "=1"
	liveSeconds   = 5
)

// console renders the human side of the emulator.
type console struct {
	e     *Emulator
	pages map[string]*template.Template
}

// consoleView is what every page of the console gets.
type consoleView struct {
	Title   string
	Nav     []navLink
	Notice  string // what has just been done
	Problem string // why it has not been done
	Now     time.Time
	Data    any
}

// navLink is an entry of the navigation.
type navLink struct {
	Href, Text string
	Current    bool
}

// viewFunc makes the title and the data of a page. After a refused form it is
// called with that form's request, so that it can keep what was typed.
type viewFunc func(r *http.Request) (title string, data any, err error)

// routesConsole registers the console's pages. Each form is sent to the address
// of a page; its answer is a redirect back, or that page with the reason.
func (e *Emulator) routesConsole(mux *http.ServeMux) {
	c := &console{e: e, pages: consolePages()}
	mux.HandleFunc("GET /console", c.page("overview.html", c.overview))
	mux.HandleFunc("POST /console", c.form("overview.html", c.overview, c.doReset, "reset"))
	mux.HandleFunc("GET /console/phones", c.page("phones.html", c.phones))
	mux.HandleFunc("GET /console/phones/{id}", c.page("phone.html", c.phone))
	mux.HandleFunc("POST /console/phones/{id}", c.forms("phone.html", c.phone, c.doPhone))
	mux.HandleFunc("GET /console/messages", c.page("messages.html", c.messages))
	mux.HandleFunc("GET /console/users", c.page("users.html", c.users))
	mux.HandleFunc("POST /console/users", c.forms("users.html", c.users, c.doUsers))
	mux.HandleFunc("GET /console/tenant", c.page("tenant.html", c.tenant))
	mux.HandleFunc("POST /console/tenant", c.form("tenant.html", c.tenant, c.doTenant, "saved"))
	mux.HandleFunc("GET /console/clock", c.page("clock.html", c.clock))
	mux.HandleFunc("POST /console/clock", c.form("clock.html", c.clock, c.doClock, "moved"))
	mux.HandleFunc("GET /console/faults", c.page("faults.html", c.faults))
	mux.HandleFunc("POST /console/faults", c.form("faults.html", c.faults, c.doFaults, "faults"))
	mux.HandleFunc("GET /console/log", c.page("log.html", c.log))
	mux.HandleFunc("GET /console/requests", c.page("requests.html", c.requests))
	mux.HandleFunc("GET /console/style.css", consoleStyle)
	mux.HandleFunc("/console/", c.page("missing.html", c.missing))
}

// consolePages parses every page together with the layout. The files are part of
// the program, so an error can only be ours.
func consolePages() map[string]*template.Template {
	layout := template.Must(template.New("layout.html").Funcs(template.FuncMap{
		"time": func(t time.Time) string { return t.UTC().Format(consoleTime) },
	}).ParseFS(consoleFiles, "pages/console/layout.html"))
	pages := make(map[string]*template.Template)
	for _, name := range []string{
		"overview.html", "phones.html", "phone.html", "messages.html", "users.html", "tenant.html",
		"clock.html", "faults.html", "log.html", "requests.html", "missing.html",
	} {
		pages[name] = template.Must(template.Must(layout.Clone()).ParseFS(consoleFiles, "pages/console/"+name))
	}
	return pages
}

// page serves a page of the console.
func (c *console) page(name string, view viewFunc) http.HandlerFunc {
	return c.guarded(func(w http.ResponseWriter, r *http.Request) {
		c.show(w, r, name, view, nil)
	})
}

// form serves the form of a page: it does what the form asks for and leads back,
// or shows the page again with the reason why not.
func (c *console) form(name string, view viewFunc, do func(*http.Request) error, done string) http.HandlerFunc {
	return c.forms(name, view, func(r *http.Request) (string, error) { return done, do(r) })
}

// forms is form for a page with several of them: do returns which one was done.
func (c *console) forms(name string, view viewFunc, do func(*http.Request) (done string, err error)) http.HandlerFunc {
	return c.guarded(func(w http.ResponseWriter, r *http.Request) {
		var done string
		err := r.ParseForm()
		if err != nil {
			err = badRequest("the form cannot be read")
		} else {
			done, err = do(r)
		}
		if err != nil {
			c.show(w, r, name, view, err)
			return
		}
		if r.PostForm.Has(liveParameter) {
			done += "&" + liveQuery
		}
		http.Redirect(w, r, r.URL.EscapedPath()+"?done="+done, http.StatusSeeOther) //nolint:gosec // the router matched it below /console/
	})
}

// guarded keeps strangers out and sets the headers of all pages.
func (c *console) guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", consolePolicy)
		if err := onlyTester(r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		next(w, r)
	}
}

// show renders a page into memory and then sends it. problem is why a form was
// refused.
func (c *console) show(w http.ResponseWriter, r *http.Request, name string, view viewFunc, problem error) {
	title, data, err := view(r)
	err = cmp.Or(problem, err)
	status, text := http.StatusOK, ""
	if err != nil {
		status, text = c.explain(err)
	}
	v := consoleView{Title: title, Nav: navigation(r.URL.Path), Problem: text, Notice: notice(r), Now: c.e.clock.Now(), Data: data}
	if page, ok := data.(interface{ live() bool }); ok && page.live() {
		w.Header().Set("Refresh", strconv.Itoa(liveSeconds)+"; url="+r.URL.EscapedPath()+"?"+liveQuery)
	}
	if data == nil {
		name = "missing.html"
	}
	var page bytes.Buffer
	if err := c.pages[name].Execute(&page, v); err != nil {
		c.e.log.Error("console page", "page", name, "error", err)
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes())
}

// explain turns an error into the status and text of a page.
func (c *console) explain(err error) (int, string) {
	var refused *controlError
	if !errors.As(err, &refused) {
		c.e.log.Error("console", "error", err)
		return http.StatusInternalServerError, "The emulator failed; see its log."
	}
	if refused.status == http.StatusBadRequest {
		return http.StatusUnprocessableEntity, "Nothing was changed: " + refused.text + "."
	}
	return refused.status, "Nothing was changed: " + refused.text + "."
}

// navigation lists the main pages and marks the one that is shown.
func navigation(path string) []navLink {
	links := []navLink{
		{Href: "/console", Text: "Overview"},
		{Href: "/console/phones", Text: "Phones"},
		{Href: "/console/messages", Text: "Messages"},
		{Href: "/console/users", Text: "Users"},
		{Href: "/console/tenant", Text: "Tenant"},
		{Href: "/console/clock", Text: "Clock"},
		{Href: "/console/faults", Text: "Faults"},
		{Href: "/console/log", Text: "Log"},
		{Href: "/console/requests", Text: "Requests"},
	}
	for i := range links {
		links[i].Current = links[i].Href == path
	}
	return links
}

// notice is the confirmation that belongs to a redirect after a form.
func notice(r *http.Request) string {
	return map[string]string{
		"reset":    "The tenant is back to its seed.",
		"scanned":  "The account is on the phone.",
		"approved": "The notification is approved.",
		"denied":   "The notification is denied.",
		"offline":  "The phone is offline.",
		"online":   "The phone is online again.",
		"removed":  "The Guardian account is gone, here and at the tenant.",
		"created":  "The user exists.",
		"block":    "The user is blocked, and their refresh tokens are void.",
		"unblock":  "The user is not blocked any more.",
		"delete":   "The user is deleted.",
		"saved":    "The settings are saved.",
		"moved":    "The clock has been moved.",
		"faults":   "The list of faults, or chaos, has changed.",
	}[r.URL.Query().Get("done")]
}

func consoleStyle(w http.ResponseWriter, _ *http.Request) {
	style, err := consoleFiles.ReadFile("pages/console/style.css")
	if err != nil { // it is part of the program
		http.Error(w, "no style", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(style)))
	_, _ = w.Write(style)
}
