package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"mysecurity/internal/nginxtest"
)

// person is one of the stream, with a browser.
type person struct {
	*stream
	name   string
	email  string
	token  string // of the forms
	client *http.Client
	count  int
}

var formToken = regexp.MustCompile(`name="form_token" value="([^"]+)"`)

// add signs somebody in, who works from then on.
func (s *stream) add(n int) {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: s.proxy.Client(), DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.proxy.HTTPS)
	}}
	s.t.Cleanup(transport.CloseIdleConnections)
	user := s.tenant.NewUser()
	p := &person{stream: s, name: "stream-" + strconv.Itoa(n) + "-", email: user.Email, client: &http.Client{
		Transport: transport, Jar: jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	to, err := url.Parse(p.ask(http.MethodGet, nginxtest.PublicURL+"sign-in", nil, http.StatusSeeOther).location)
	if err != nil {
		s.t.Fatal(err)
	}
	callback := s.tenant.NewBrowser().SignIn(user, to.Query())
	p.ask(http.MethodGet, callback.String(), nil, http.StatusSeeOther)
	s.people.Go(p.work)
}

// work goes on until the stream is over, or something goes wrong. The first
// rounds start and cancel an enrolment, as often as the limits permit.
func (p *person) work() {
	for round := 0; ; round++ {
		select {
		case <-p.over:
			return
		default:
		}
		page := p.ask(http.MethodGet, nginxtest.PublicURL, nil, http.StatusOK)
		found := formToken.FindStringSubmatch(page.body)
		if found == nil || !strings.Contains(page.body, p.email) {
			p.t.Errorf("%s is signed out", p.email)
			return
		}
		p.token = found[1]
		p.post("language", url.Values{"lang": {"en"}, "page": {"overview"}})
		if round < 25 {
			p.changes.Add(2)
			p.post("add/app", nil)
			p.post("add/app/cancel", nil)
		}
	}
}

func (p *person) post(path string, form url.Values) {
	if form == nil {
		form = url.Values{}
	}
	form.Set("form_token", p.token)
	p.forms.Add(1)
	p.ask(http.MethodPost, nginxtest.PublicURL+path, form, http.StatusSeeOther)
}

type gotten struct{ location, body string }

// ask sends a request under a name of its own, which the portal logs.
func (p *person) ask(method, address string, form url.Values, want int) gotten {
	p.count++
	name := p.name + strconv.Itoa(p.count)
	r, err := http.NewRequestWithContext(p.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Error(err)
		return gotten{}
	}
	r.Header.Set("User-Agent", name)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	begun := time.Now()
	p.sent.Add(1)
	response, err := p.client.Do(r)
	if err != nil {
		p.t.Errorf("%s %s: %v", method, r.URL.Path, err)
		return gotten{}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		p.t.Errorf("%s %s: %d, want %d; %v", method, r.URL.Path, response.StatusCode, want, err)
	}
	p.note(name, response.StatusCode, time.Since(begun))
	return gotten{response.Header.Get("Location"), string(body)}
}

func (s *stream) note(name string, status int, took time.Duration) {
	s.mu.Lock()
	s.got[name] = status
	s.longest.Store(max(s.longest.Load(), took.Milliseconds()))
	s.mu.Unlock()
	s.answers <- struct{}{}
}
