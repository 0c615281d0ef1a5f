package session

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

// jar knows the names and attributes of our cookies (security part e.3). They
// depend on the public address only. No Domain, ever; deleting repeats every
// attribute.
type jar struct {
	session     string // name of the session cookie
	transaction string // name of a transaction cookie without its last eight characters
	path        string
	secure      bool
}

// newJar picks the names. A host of our own, which is one without a prefix, gets
// __Host-, whose cookies no sibling host can set. A shared host gets __Secure- and
// the prefix as path, so that its other applications do not receive our ticket.
func newJar(https bool, prefix string) (jar, error) {
	if !strings.HasPrefix(prefix, "/") || !strings.HasSuffix(prefix, "/") {
		return jar{}, errors.New("session: the prefix must start and end with a slash")
	}
	path := strings.TrimSuffix(prefix, "/")
	if path == "" {
		path = "/"
	}
	switch {
	case !https:
		return jar{session: "mss_dev", transaction: "msst_dev_", path: path}, nil
	case path == "/":
		return jar{session: "__Host-mss", transaction: "__Host-msst_", path: path, secure: true}, nil
	default:
		return jar{session: "__Secure-mss", transaction: "__Secure-msst_", path: path, secure: true}, nil
	}
}

// set writes a cookie. maxAge 0 makes one that ends with the browser.
func (j jar) set(w http.ResponseWriter, name, value string, maxAge time.Duration) {
	j.write(w, &http.Cookie{Name: name, Value: value, MaxAge: int(maxAge.Seconds())})
}

// clear deletes a cookie in the browser.
func (j jar) clear(w http.ResponseWriter, name string) {
	j.write(w, &http.Cookie{Name: name, MaxAge: -1, Expires: time.Unix(1, 0)})
}

// write replaces what an earlier step of the same answer said about the cookie.
func (j jar) write(w http.ResponseWriter, c *http.Cookie) {
	c.Path, c.Secure, c.HttpOnly, c.SameSite = j.path, j.secure, true, http.SameSiteLaxMode
	lines := w.Header()["Set-Cookie"]
	kept := lines[:0:0]
	for _, line := range lines {
		if !strings.HasPrefix(line, c.Name+"=") {
			kept = append(kept, line)
		}
	}
	w.Header()["Set-Cookie"] = append(kept, c.String())
}

// ticket reads the ticket in the named cookie. present reports that there was
// such a cookie at all; a malformed one and one that came twice give ok false.
func (j jar) ticket(r *http.Request, name string) (t ticket, present, ok bool) {
	cookies := r.CookiesNamed(name)
	if len(cookies) == 0 {
		return ticket{}, false, false
	}
	if len(cookies) > 1 || cookies[0].Quoted {
		return ticket{}, true, false
	}
	t, ok = parseTicket(cookies[0].Value)
	return t, true, ok
}
