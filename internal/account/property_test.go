package account_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mysecurity/internal/account"
	"mysecurity/internal/emulator"
	"mysecurity/internal/secret"
)

// TestListIsTheTruth: after any sequence of what users, phones, clocks and other
// browsers do, the portal's list is the tenant's active state folded by the
// rules, and what was seen to be added is in it.
func TestListIsTheTruth(t *testing.T) {
	t.Parallel()
	b := newBench(t, 0)
	rapid.Check(t, func(rt *rapid.T) { newPerson(b).live(rt) })
}

// person is one user with one session of the portal.
type person struct {
	*bench
	seeded  emulator.SeedUser
	user    account.User
	access  account.Access
	running map[account.MethodKind]account.Enrolment
	added   map[string]bool   // handles of what the portal said to be active
	pairs   map[string]string // what the portal can know of push entries and apps
	before  map[account.MethodKind][]entry

	onlyPhones bool // at sign-in the tenant has to send a code
}

// portal is another portal at the same tenant, which knows nothing.
func (b *bench) portal(number, address string) *bench {
	return &bench{Service: newService(b.t, b.tenant, 0), t: b.t, tenant: b.tenant, clock: b.clock, number: number, address: address}
}

// newPerson signs somebody new in, at a portal of their own: the allowances of
// the tenant's users are apart, and so is what the portal knows.
func newPerson(b *bench) *person {
	own := b.portal(number, address)
	seeded := b.tenant.NewUser()
	return &person{
		bench: own, seeded: seeded, user: b.user(seeded), access: b.signIn(seeded),
		running: map[account.MethodKind]account.Enrolment{}, added: map[string]bool{}, pairs: map[string]string{},
		before: map[account.MethodKind][]entry{},
	}
}

func (p *person) live(rt *rapid.T) {
	rt.Repeat(map[string]func(*rapid.T){
		"add":          p.begins,
		"confirm":      p.confirms,
		"scan":         p.scans,
		"check":        p.checks,
		"wrong code":   p.mistypes,
		"send again":   p.repeats,
		"abandon":      p.abandons,
		"remove":       p.removes,
		"other adds":   p.addsElsewhere,
		"other leaves": p.leavesElsewhere,
		"time passes":  p.waits,
		"":             p.compares,
	})
}

// fresh confirms the user again if the proof is about to end, which prolongs
// what is running. The tenant sends one code an hour to somebody who has had
// many, for its own sign-in too: by then the session has ended, and with it what
// was running.
func (p *person) fresh() {
	left := p.access.Expires.Sub(p.clock.Now())
	if left > time.Minute {
		return
	}
	if p.onlyPhones {
		p.clock.Advance(time.Hour)
		clear(p.running)
	}
	p.access = p.signIn(p.seeded)
	for _, e := range p.running {
		p.Keep(p.t.Context(), p.user, e)
	}
}

// mustBe ends the story unless the error is one of the kinds that may happen.
func mustBe(rt *rapid.T, err error, kinds ...account.Kind) bool {
	rt.Helper()
	if err != nil && !slices.Contains(kinds, account.KindOf(err)) {
		rt.Fatalf("%v", err)
	}
	return err == nil
}

func (p *person) begins(rt *rapid.T) {
	p.fresh()
	kind := rapid.SampledFrom(kinds()).Draw(rt, "kind")
	method := map[string]account.MethodKind{
		"app": account.MethodApp, "text": account.MethodPhone, "call": account.MethodPhone, "e-mail": account.MethodEmail, "push": account.MethodPush,
	}[kind]
	if _, busy := p.running[method]; busy {
		rt.Skip("the same kind leads to the running attempt")
	}
	before := p.truth(p.access)
	e, _, err := begin(p.bench, p.Service, kind, p.user, p.access)
	if mustBe(rt, err, account.KindTooManyTries, account.KindTooManyMessages) {
		p.running[method], p.before[method] = e, before
		p.counts(before)
	}
}

// attempt draws one of the running attempts of some kinds.
func (p *person) attempt(rt *rapid.T, kinds ...account.MethodKind) account.Enrolment {
	p.fresh()
	var of []account.MethodKind
	for _, kind := range kinds {
		if _, running := p.running[kind]; running {
			of = append(of, kind)
		}
	}
	if len(of) == 0 {
		rt.Skip("no such attempt")
	}
	return p.running[rapid.SampledFrom(of).Draw(rt, "attempt")]
}

func (p *person) isOver(e account.Enrolment) bool {
	return e.Kind != account.MethodApp && !p.clock.Now().Before(e.Expires())
}

// isScanned reports whether an attempt is active at the tenant.
func (p *person) isScanned(e account.Enrolment) bool {
	return slices.ContainsFunc(p.truth(p.access), func(a entry) bool { return a.ID == e.ID && a.Active })
}

// isGone reports whether the tenant has nothing of an attempt any more.
func (p *person) isGone(e account.Enrolment) bool {
	return !slices.ContainsFunc(p.truth(p.access), func(a entry) bool { return a.ID == e.ID })
}

func (p *person) confirms(rt *rapid.T) {
	e := p.attempt(rt, account.MethodApp, account.MethodPhone, account.MethodEmail)
	over := p.isOver(e)
	_, err := p.finish(p.user, p.access, e)
	if over != (account.KindOf(err) == account.KindExpired) {
		rt.Fatalf("over: %v, %v", over, err)
	}
	if mustBe(rt, err, account.KindExpired, account.KindTooManyCodes) {
		p.succeeded(e)
	}
}

// succeeded notes what the portal has told the user.
func (p *person) succeeded(e account.Enrolment) {
	delete(p.running, e.Kind)
	p.added[account.HandleOf(p.user, e.ID)] = true
	if e.Kind != account.MethodPush {
		return
	}
	var came []string
	for _, now := range p.truth(p.access) {
		known := slices.ContainsFunc(p.before[e.Kind], func(then entry) bool { return then.ID == now.ID })
		if now.Type == "otp" && now.Active && !known {
			came = append(came, now.ID)
		}
	}
	if len(came) == 1 {
		p.learns(e.ID, came[0])
	}
}

// learns notes a pair; neither half can be in another one.
func (p *person) learns(push, app string) {
	maps.DeleteFunc(p.pairs, func(_, other string) bool { return other == app })
	p.pairs[push] = app
}

// counts is what a start tells of a list with one push entry and one app.
func (p *person) counts(list []entry) {
	active := map[string][]string{}
	for _, e := range list {
		if e.Active {
			active[e.Type+e.Channel] = append(active[e.Type+e.Channel], e.ID)
		}
	}
	if push, apps := active["oobauth0"], active["otp"]; len(push) == 1 && len(apps) == 1 {
		p.learns(push[0], apps[0])
	}
}

func (p *person) scans(rt *rapid.T) {
	e := p.attempt(rt, account.MethodPush)
	if p.isScanned(e) || p.isGone(e) || p.isOver(e) {
		rt.Skip("a QR code works once, for five minutes")
	}
	p.scan(p.user, e)
}

func (p *person) checks(rt *rapid.T) {
	e := p.attempt(rt, account.MethodPush)
	over := p.isOver(e)
	scanned, gone := p.isScanned(e), p.isGone(e)
	e, err := p.CheckPush(p.t.Context(), p.user, p.access, e)
	p.running[account.MethodPush] = e
	switch kind := account.KindOf(err); {
	case over:
		mustBe(rt, err, account.KindExpired)
	case gone: // scanned, seen in the list, and removed there
		mustBe(rt, err, account.KindPending, account.KindExpired)
	case err == nil && scanned:
		p.succeeded(e)
	case err == nil:
		rt.Fatalf("active, and nobody has scanned it")
	case kind != account.KindPending:
		rt.Fatalf("scanned: %v, %v", scanned, err)
	}
}

func (p *person) mistypes(rt *rapid.T) {
	e := p.attempt(rt, account.MethodApp, account.MethodPhone, account.MethodEmail)
	code, over := secret.New("000000"), p.isOver(e)
	var err error
	if e.Kind == account.MethodApp {
		e, err = p.ConfirmApp(p.t.Context(), p.user, p.access, e, code)
	} else {
		e, err = p.ConfirmMessage(p.t.Context(), p.user, p.access, e, otherThan(p.sent(e)))
	}
	p.running[e.Kind] = e
	switch account.KindOf(err) {
	case account.KindWrongCode, account.KindTooManyCodes:
	case account.KindDiscarded:
		delete(p.running, e.Kind)
	default:
		if !over || account.KindOf(err) != account.KindExpired {
			rt.Fatalf("over: %v, %v", over, err)
		}
	}
}

func (p *person) repeats(rt *rapid.T) {
	e := p.attempt(rt, account.MethodPhone, account.MethodEmail, account.MethodPush)
	before, scanned := p.truth(p.access), p.isScanned(e)
	var err error
	var renewed account.Enrolment
	if e.Kind == account.MethodPush {
		renewed, _, err = p.RenewScan(p.t.Context(), p.user, p.access, e)
	} else {
		channel := rapid.SampledFrom([]account.Channel{account.ChannelText, account.ChannelCall}).Draw(rt, "channel")
		renewed, _, err = p.Resend(p.t.Context(), p.user, p.access, e, channel)
	}
	if !mustBe(rt, err, account.KindTooSoon, account.KindTooManyTries, account.KindTooManyMessages, account.KindNoEnrolment) {
		// Who has used up an allowance is told so before anybody looks.
		if account.KindOf(err) == account.KindNoEnrolment && !scanned {
			rt.Fatalf("not scanned: %v", err)
		}
		return
	}
	if scanned || renewed.ID == "" || renewed.ID == e.ID || renewed.Wrong != e.Wrong {
		rt.Fatalf("scanned: %v, from %s, %d wrong to %s, %d wrong", scanned, e.ID, e.Wrong, renewed.ID, renewed.Wrong)
	}
	p.running[e.Kind], p.before[e.Kind] = renewed, before
	p.counts(before)
}

func (p *person) abandons(rt *rapid.T) {
	e := p.attempt(rt, account.MethodApp, account.MethodPhone, account.MethodEmail, account.MethodPush)
	scanned := p.isScanned(e)
	if ending := p.Abandon(p.t.Context(), p.user, p.access, e); ending == account.EndedUnknown || (ending == account.EndedActive) != scanned {
		rt.Fatalf("%s scanned: %v, said to have ended %s", e.ID, scanned, ending)
	}
	if scanned {
		p.succeeded(e)
		return
	}
	delete(p.running, e.Kind)
	if !p.isGone(e) {
		rt.Fatalf("%s was given up and is still there", e.ID)
	}
}

func (p *person) removes(rt *rapid.T) {
	p.fresh()
	methods := p.methods(p.user, p.access)
	if len(methods) == 0 {
		rt.Skip("nothing to remove")
	}
	m, before := rapid.SampledFrom(methods).Draw(rt, "method"), p.truth(p.access)
	if _, err := p.Remove(p.t.Context(), p.user, p.access, m.Handle, true); !mustBe(rt, err, account.KindTooManyTries) {
		return
	}
	delete(p.added, m.Handle)
	left := p.methods(p.user, p.access)
	if slices.ContainsFunc(left, func(other account.Method) bool { return other.Handle == m.Handle }) {
		rt.Fatalf("%+v is still there", m)
	}
	together := 1
	if m.Codes || m.Call && m.Text {
		together = 2
	}
	if gone := len(before) - len(p.truth(p.access)); gone != together && (!m.Unsure || gone != 2) {
		rt.Fatalf("%d entries went with %+v", gone, m)
	}
	// A push method that nobody could tell from others may have gone along.
	for handle := range p.added {
		if !slices.ContainsFunc(left, func(other account.Method) bool { return other.Handle == handle }) && m.Unsure {
			delete(p.added, handle)
		}
	}
}

// addsElsewhere is another browser, at a portal that shares nothing with this one.
func (p *person) addsElsewhere(rt *rapid.T) {
	p.fresh()
	other := p.portal("+33199001234", "elsewhere@example.com")
	kind := rapid.SampledFrom(kinds()).Draw(rt, "kind")
	e, _, err := begin(other, other.Service, kind, p.user, p.access)
	if !mustBe(rt, err, account.KindTooManyMessages) {
		return
	}
	_, err = other.finish(p.user, p.access, e)
	mustBe(rt, err, account.KindTooManyCodes)
}

// leavesElsewhere starts something in another browser and never ends it.
func (p *person) leavesElsewhere(rt *rapid.T) {
	p.fresh()
	kind := rapid.SampledFrom(kinds()).Draw(rt, "kind")
	other := p.portal("+33199005678", "nowhere@example.com")
	_, _, err := begin(other, other.Service, kind, p.user, p.access)
	mustBe(rt, err, account.KindTooManyMessages)
}

func (p *person) waits(rt *rapid.T) {
	p.clock.Advance(rapid.SampledFrom([]time.Duration{time.Second, 6 * time.Second, time.Minute, 4 * time.Minute, 11 * time.Minute}).Draw(rt, "time"))
}

func (p *person) compares(rt *rapid.T) {
	p.clock.Advance(time.Second) // nobody looks faster for long
	p.fresh()
	o, err := p.Overview(p.t.Context(), p.user, p.access)
	if err != nil {
		rt.Fatal(err)
	}
	list := p.truth(p.access)
	if got, want := describe(o.Methods), rules(list, p.pairs, mask(p.t, p.user.Email)); got != want {
		rt.Fatalf("the portal shows %s\nthe tenant has %s\n%+v\n%v", got, want, list, p.pairs)
	}
	p.onlyPhones = !slices.ContainsFunc(list, func(a entry) bool { return a.Active && (a.Type == "otp" || a.Channel == "auth0") })
	for handle := range maps.Keys(p.added) {
		if !slices.ContainsFunc(o.Methods, func(m account.Method) bool { return m.Handle == handle }) {
			rt.Fatalf("something that was added is not shown: %+v", o.Methods)
		}
	}
}
