package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	// peopleEvery is how often somebody new signs in: a quiet rhythm, so that an
	// hour shows what an hour costs and not what the machine can do.
	peopleEvery = 250 * time.Millisecond
	// viewsEach is how often each of them looks at the overview.
	viewsEach = 10
	// soakSamples is how often the process is looked at in all.
	soakSamples = 60
)

// soaked is what a process holds at one moment.
type soaked struct {
	at                          time.Duration // since the start
	resident                    float64       // MiB
	heap                        float64       // MiB in use by Go
	goroutines, files, sessions float64
}

// soak is case ME-01: people sign in, look around, sign out or just leave, for as
// long as -length says. What the process holds must not grow once the first
// sessions have run out.
func (b *bench) soak(ctx context.Context) error {
	p, err := b.readyPortal(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	fmt.Fprintf(b.out, "\nME-01: %v, a sign-in every %v with %d views; every other person signs out, the rest leave\n", b.length, peopleEvery, viewsEach)
	began := time.Now()
	beat := time.NewTicker(peopleEvery)
	defer beat.Stop()
	var samples []soaked
	for person := 0; time.Since(began) < b.length; person++ {
		if time.Since(began) >= b.length*time.Duration(len(samples))/soakSamples {
			now, err := p.holds(ctx, time.Since(began))
			if err != nil {
				return err
			}
			if samples = append(samples, now); len(samples)%5 == 1 {
				fmt.Fprintf(b.out, "  %8v  %5.1f MiB, heap %5.1f MiB, %3.0f goroutines, %3.0f files, %5.0f sessions\n",
					now.at.Round(time.Second), now.resident, now.heap, now.goroutines, now.files, now.sessions)
			}
			p.forgetLog()
		}
		if err := b.visitor(ctx, p, person); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-beat.C:
		}
	}
	late := samples[len(samples)/2:]
	fmt.Fprintf(b.out, "  growth an hour over the second half: %+.2f MiB, heap %+.2f MiB, %+.1f goroutines, %+.1f files\n",
		slope(late, func(s soaked) float64 { return s.resident }), slope(late, func(s soaked) float64 { return s.heap }),
		slope(late, func(s soaked) float64 { return s.goroutines }), slope(late, func(s soaked) float64 { return s.files }))
	return nil
}

// visitor signs in and looks around. Every other one signs out.
func (b *bench) visitor(ctx context.Context, p *process, person int) error {
	views, err := b.signIns(ctx, p, person, 1)
	if err != nil {
		return err
	}
	c, err := connect(ctx, p.address, time.Now().Add(10*time.Second))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	for range viewsEach {
		if err := c.ask(views[0]); err != nil {
			return err
		}
	}
	if person%2 == 0 {
		return nil
	}
	token := formToken.FindSubmatch(c.buffer)
	if token == nil {
		return errors.New("the overview has no form to sign out with")
	}
	return c.ask(signOut(views[0], string(token[1])))
}

var formToken = regexp.MustCompile(`name="form_token" value="([^"]+)"`)

// signOut is the form of the page that a view has got, from the same browser.
func signOut(view []byte, token string) []byte {
	form := url.Values{"form_token": {token}}.Encode()
	request := bytes.Replace(view, []byte("GET / "), []byte("POST /sign-out "), 1)
	request = bytes.Replace(request, []byte("Sec-Fetch-Site: none"), []byte("Sec-Fetch-Site: same-origin"), 1)
	head := "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + strconv.Itoa(len(form)) + "\r\n\r\n"
	return append(bytes.Replace(request, headEnd, []byte(head), 1), form...)
}

// holds asks the process's own metrics.
func (p *process) holds(ctx context.Context, at time.Duration) (soaked, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.admin+"/metrics", http.NoBody)
	if err != nil {
		return soaked{}, err
	}
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Do(r)
	if err != nil {
		return soaked{}, err
	}
	defer response.Body.Close()
	values := map[string]float64{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if name, text, found := strings.Cut(lines.Text(), " "); found {
			values[name], _ = strconv.ParseFloat(text, 64) // comments are no numbers
		}
	}
	const mebi = 1 << 20
	return soaked{
		at: at, resident: values["process_resident_memory_bytes"] / mebi, heap: values["go_memstats_heap_inuse_bytes"] / mebi,
		goroutines: values["go_goroutines"], files: values["process_open_fds"],
		sessions: values[`mysecurity_store_records{bucket="sessions"}`],
	}, lines.Err()
}

// slope is the growth in an hour, by least squares.
func slope(samples []soaked, of func(soaked) float64) float64 {
	var x, y, xx, xy float64
	n := float64(len(samples))
	for _, s := range samples {
		hours, value := s.at.Hours(), of(s)
		x, y, xx, xy = x+hours, y+value, xx+hours*hours, xy+hours*value
	}
	return (n*xy - x*y) / (n*xx - x*x)
}
