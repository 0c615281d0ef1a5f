package account_test

import (
	"slices"
	"strings"

	"mysecurity/internal/account"
	"mysecurity/internal/emulator"
	"mysecurity/internal/secret"
)

// Where codes go in these tests.
const (
	number  = "+441632960147"
	address = "other@example.com"
)

// kinds are the ways to add a method, by the name that tests give them.
func kinds() []string { return []string{"app", "text", "call", "e-mail", "push"} }

// begin starts an attempt of a kind.
func begin(b *bench, s *account.Service, kind string, user account.User, access account.Access) (account.Enrolment, secret.Secret, error) {
	b.t.Helper()
	switch kind {
	case "app":
		return s.StartApp(b.t.Context(), user, access)
	case "text":
		return s.StartPhone(b.t.Context(), user, access, b.number, account.ChannelText)
	case "call":
		return s.StartPhone(b.t.Context(), user, access, b.number, account.ChannelCall)
	case "e-mail":
		return s.StartEmail(b.t.Context(), user, access, b.address)
	default:
		return s.StartPush(b.t.Context(), user, access)
	}
}

// begin starts an attempt that has to start.
func (b *bench) begin(kind string, user account.User, access account.Access) account.Enrolment {
	b.t.Helper()
	e, _, err := begin(b, b.Service, kind, user, access)
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

// finish does what the user has to do, and confirms.
func (b *bench) finish(user account.User, access account.Access, e account.Enrolment) (account.Enrolment, error) {
	b.t.Helper()
	switch e.Kind {
	case account.MethodApp:
		return b.ConfirmApp(b.t.Context(), user, access, e, b.code(e))
	case account.MethodPush:
		b.scan(user, e)
		return b.CheckPush(b.t.Context(), user, access, e)
	default:
		return b.ConfirmMessage(b.t.Context(), user, access, e, b.sent(e))
	}
}

func (b *bench) start(user account.User, access account.Access) account.Enrolment {
	b.t.Helper()
	return b.begin("app", user, access)
}

func (b *bench) add(user account.User, access account.Access) {
	b.t.Helper()
	b.addKind("app", user, access)
}

func (b *bench) addKind(kind string, user account.User, access account.Access) account.Enrolment {
	b.t.Helper()
	e, err := b.finish(user, access, b.begin(kind, user, access))
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

// code is what an app shows for an attempt, at the shared clock.
func (b *bench) code(e account.Enrolment) secret.Secret {
	return secret.New(b.tenant.FreshCode(e.Key.Secret.Reveal()))
}

// sent is the code that came last.
func (b *bench) sent(e account.Enrolment) secret.Secret {
	b.t.Helper()
	return secret.New(b.tenant.LatestCode(e.Message.To))
}

// otherThan is a code that is not the right one.
func otherThan(code secret.Secret) secret.Secret {
	if code.Equal(secret.New("000000")) {
		return secret.New("000001")
	}
	return secret.New("000000")
}

// scan lets the user's phone read the QR code of an attempt.
func (b *bench) scan(user account.User, e account.Enrolment) {
	b.t.Helper()
	uri := e.Scan.URI
	if e.Kind == account.MethodApp {
		uri = e.Key.URI
	}
	b.tenant.Scan(emulator.SeedUser{Email: user.Email}, uri.Reveal())
}

// describe is what a list shows, in words that a test can write down.
func describe(methods []account.Method) string {
	rows := make([]string, 0, len(methods))
	for _, m := range methods {
		row := string(m.Kind)
		for _, also := range []struct {
			word string
			set  bool
		}{{"text", m.Text}, {"call", m.Call}, {"codes", m.Codes}, {"unsure", m.Unsure}, {"fixed", !m.Removable}} {
			if also.set {
				row += " " + also.word
			}
		}
		rows = append(rows, row)
	}
	slices.Sort(rows)
	return strings.Join(rows, ", ")
}
