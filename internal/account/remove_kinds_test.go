package account_test

import (
	"slices"
	"testing"

	"mysecurity/internal/account"
	"mysecurity/internal/emulator"
	"mysecurity/internal/emulator/emulatortest"
)

// added returns the first method of a kind that the user has added.
func (b *bench) added(kind account.MethodKind, user account.User, access account.Access) account.Method {
	b.t.Helper()
	return first(b.t, kind, b.methods(user, access))
}

func first(t *testing.T, kind account.MethodKind, methods []account.Method) account.Method {
	t.Helper()
	found := slices.IndexFunc(methods, func(m account.Method) bool { return m.Kind == kind })
	if found < 0 {
		t.Fatalf("no %s in %+v", kind, methods)
	}
	return methods[found]
}

// TestRemoveTogether (MF-18): what is one row goes with one call, and the page
// can say beforehand what goes along.
func TestRemoveTogether(t *testing.T) {
	t.Parallel()
	app, phone, push, email := emulatortest.WithApp(), emulatortest.WithPhone(""), emulatortest.WithPush(), emulatortest.WithEmail(address)
	tests := []struct {
		name   string
		has    []emulator.SeedAuthenticator
		remove account.MethodKind
		along  []account.Along
		remain int
		email  bool
		left   string
	}{
		{"phone", []emulator.SeedAuthenticator{app, phone}, account.MethodPhone, []account.Along{account.AlongBoth}, 1, true, "app"},
		{"push with its codes", []emulator.SeedAuthenticator{phone, push}, account.MethodPush, []account.Along{account.AlongCodes}, 1, true, "phone text call"},
		{"push beside an app of its own", []emulator.SeedAuthenticator{app, push, phone}, account.MethodPush, []account.Along{account.AlongMaybeApp}, 2, true, "app, phone text call"},
		{"e-mail", []emulator.SeedAuthenticator{app, email}, account.MethodEmail, nil, 1, true, "app"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 1)
			user, access := b.person(tt.has...)
			handle := b.added(tt.remove, user, access).Handle
			r, err := b.Removal(t.Context(), user, access, handle)
			if err != nil || !slices.Equal(r.Along, tt.along) || len(r.Remain) != tt.remain || r.Email != tt.email || r.Refused {
				t.Fatalf("%+v, %v", r, err)
			}
			since := b.clock.Now()
			if _, err := b.Remove(t.Context(), user, access, handle, false); err != nil {
				t.Fatal(err)
			}
			if got := b.asked(since); got["DELETE /mfa/"] != 1 || got["GET /mfa/authenticators"] != 1 {
				t.Errorf("asked %v", got)
			}
			if got := describe(b.methods(user, access)); got != tt.left {
				t.Errorf("left: %q, want %q", got, tt.left)
			}
		})
	}
}

// TestWorstCaseCounts (MF-19): where nobody knows whether an app goes along with
// push, both count as gone.
func TestWorstCaseCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	user, access := b.person(emulatortest.WithApp(), emulatortest.WithPush())
	for _, m := range b.methods(user, access) {
		r, err := b.Remove(t.Context(), user, access, m.Handle, true)
		wantKind(t, err, account.KindLastMethod)
		if len(r.Remain) != 1 {
			t.Errorf("%s: %+v", m.Kind, r.Remain)
		}
	}
	known := newBench(t, 1)
	user, access = known.person(emulatortest.WithApp())
	known.addKind("push", user, access)
	for _, kind := range []account.MethodKind{account.MethodApp, account.MethodPush} {
		r, err := known.Removal(t.Context(), user, access, known.added(kind, user, access).Handle)
		if err != nil || r.Refused || len(r.Remain) != 1 {
			t.Errorf("%s, which is known to stand alone: %+v, %v", kind, r, err)
		}
	}
}

// TestLastAddress: removing the only address leaves none.
func TestLastAddress(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	seeded, err := b.tenant.AddUser(emulator.SeedUser{
		Email: "grace@example.com", Name: "Grace", Authenticators: []emulator.SeedAuthenticator{emulatortest.WithApp(), emulatortest.WithEmail(address)},
	})
	if err != nil {
		t.Fatal(err)
	}
	user, access := b.user(seeded), b.signIn(seeded)
	r, err := b.Removal(t.Context(), user, access, b.added(account.MethodEmail, user, access).Handle)
	if err != nil || r.Email || r.Last || len(r.Remain) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestVerifiedAddress: it comes with the account. Where the sign-in says so it is
// not even asked for; where it does not, the tenant's refusal says the same.
func TestVerifiedAddress(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person(emulatortest.WithApp())
	o, err := b.Overview(t.Context(), user, access)
	if err != nil {
		t.Fatal(err)
	}
	m := first(t, account.MethodEmail, o.Methods)
	if m.Removable || m.Strong {
		t.Errorf("%+v", m)
	}
	since := b.clock.Now()
	_, err = b.Remove(t.Context(), user, access, m.Handle, true)
	wantKind(t, err, account.KindFixed)
	if n := b.asked(since)["DELETE /mfa/"]; n != 0 {
		t.Error("the tenant was asked")
	}

	user.EmailVerified = false
	for _, status := range []string{"403", "400", "409"} {
		b.control("PATCH", "tenant", `{"variants":{"implicit_email_removal":"`+status+`"}}`)
		since = b.clock.Now()
		_, err = b.Remove(t.Context(), user, access, m.Handle, true)
		wantKind(t, err, account.KindFixed)
		if n := b.asked(since)["DELETE /mfa/"]; n != 1 {
			t.Errorf("asked %d times", n)
		}
	}
}

// TestEmailProtectsNobody (MF-19): an address, added or given, is no method that
// could stay as the last one.
func TestEmailProtectsNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person(emulatortest.WithApp(), emulatortest.WithEmail(address))
	r, err := b.Remove(t.Context(), user, access, b.added(account.MethodApp, user, access).Handle, true)
	wantKind(t, err, account.KindLastMethod)
	if !r.Email || !r.Last {
		t.Errorf("%+v", r)
	}
	if _, err := b.Remove(t.Context(), user, access, b.added(account.MethodEmail, user, access).Handle, false); err != nil {
		t.Errorf("the address that was added: %v", err)
	}
}
