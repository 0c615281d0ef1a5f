package emulator

import "net/http"

// step is what a request to the sign-in pages comes to: a redirect, or a page.
// It is decided under the store's lock and written after it is released.
type step struct {
	redirect string
	status   int
	page     string
	view     view
	cookie   *http.Cookie
}

// decide works a step out under the store's lock.
func (e *Emulator) decide(work func() step) step {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	return work()
}

// show writes the step. Redirects are 302, as recorded from real tenants.
func (e *Emulator) show(w http.ResponseWriter, s step) {
	if s.cookie != nil {
		http.SetCookie(w, s.cookie)
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if s.redirect != "" {
		h.Set("Location", s.redirect) // not http.Redirect: it would write a body with the code in it
		w.WriteHeader(http.StatusFound)
		return
	}
	body, err := e.pages.render(s.page, s.view)
	if err != nil {
		e.internalFailure(err).write(w)
		return
	}
	e.pages.headers(h, s.view.Lang)
	w.WriteHeader(s.status)
	_, _ = w.Write(body)
}

// errorPage is where a sign-in ends that has no safe way back to an application.
func (e *Emulator) errorPage(lang string, status int, problem string) step {
	e.logEvent("f", "", "Sign-in ended: "+problem)
	return step{status: status, page: "error", view: view{Lang: lang, Problem: problem}}
}
