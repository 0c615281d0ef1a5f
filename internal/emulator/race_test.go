package emulator_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"mysecurity/internal/emulator/emulatortest"
)

// TestOneCodeManyAttempts: of many exchanges at the same moment one succeeds, and
// its token is then revoked by the others.
func TestOneCodeManyAttempts(t *testing.T) {
	tenant := start(t)
	form := exchangeForm(tenant, code(t, tenant, tenant.NewUser(), nil)).Encode()
	const attempts = 20
	var (
		barrier = make(chan struct{})
		done    sync.WaitGroup
		granted atomic.Int32
	)
	for range attempts {
		done.Go(func() {
			<-barrier
			if status, _ := post(t, tenant, "/oauth/token", "application/x-www-form-urlencoded", form, http.Header{}); status == http.StatusOK {
				granted.Add(1)
			}
		})
	}
	close(barrier)
	done.Wait()
	if got := granted.Load(); got != 1 {
		t.Errorf("%d exchanges succeeded, want 1", got)
	}
}

// TestOneRefreshTokenManyAttempts: of many uses of one refresh token at the same
// moment one succeeds, and what it brought is void then.
func TestOneRefreshTokenManyAttempts(t *testing.T) {
	tenant := start(t)
	form := refreshForm(tenant, tenant.OfflineTokens(tenant.NewUser(), nil).RefreshToken, nil).Encode()
	const attempts = 20
	var (
		barrier = make(chan struct{})
		done    sync.WaitGroup
		granted = make(chan string, attempts)
	)
	for range attempts {
		done.Go(func() {
			<-barrier
			status, answer := post(t, tenant, "/oauth/token", "application/x-www-form-urlencoded", form, nil)
			if next, _ := answer["refresh_token"].(string); status == http.StatusOK {
				granted <- next
			}
		})
	}
	close(barrier)
	done.Wait()
	if got := len(granted); got != 1 {
		t.Fatalf("%d refreshes succeeded, want 1", got)
	}
	wantDead(t, tenant, "the newest one", <-granted)
}

// TestManyAtOnce signs in many users side by side, for the race detector.
func TestManyAtOnce(t *testing.T) {
	tenant := start(t)
	var done sync.WaitGroup
	for range 8 {
		user := tenant.NewUser(emulatortest.WithApp())
		done.Go(func() {
			if tokens := tenant.Tokens(user, nil); payload(t, tokens.IDToken)["sub"] != user.UserID {
				t.Errorf("%s got the tokens of somebody else", user.Email)
			}
		})
	}
	done.Wait()
}

// BenchmarkListAuthenticators is a call of the MFA API with all checks of its
// token.
func BenchmarkListAuthenticators(b *testing.B) {
	tenant := emulatortest.Start(b)
	token := tenant.AccessToken(tenant.NewUser(emulatortest.WithApp()))
	request, err := http.NewRequest(http.MethodGet, tenant.URL+"/mfa/authenticators", nil)
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	for b.Loop() {
		if got := serveRequest(tenant.Emulator, request); got != http.StatusOK {
			b.Fatalf("status %d", got)
		}
	}
}
