package account_test

import (
	"testing"
	"time"

	"mysecurity/internal/account"
)

// TestMessagesAreHeld (UP-05): a tenant that sends no more codes is not asked for
// another one until the time it named; everything else goes on.
func TestMessagesAreHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	user, access := b.person()
	b.fault(`{"match":"POST /mfa/associate","status":429,"headers":{"Retry-After":"240"},` +
		`"body":{"error":"invalid_request","error_description":"Too many SMS sent by the user. Wait for some minutes before retrying."},"times":1}`)
	_, _, err := begin(b, b.Service, "text", user, access)
	wantKind(t, err, account.KindTooManyMessages)
	until := account.UntilOf(err)

	since := b.clock.Now()
	for _, kind := range []string{"text", "call"} {
		_, _, err = begin(b, b.Service, kind, user, access)
		wantKind(t, err, account.KindTooManyMessages)
		if at := account.UntilOf(err); !at.Equal(until) {
			t.Errorf("%s: told to come back at %v, the tenant said %v", kind, at, until)
		}
	}
	if got := b.asked(since); len(got) != 0 {
		t.Fatalf("the tenant was asked: %v", got)
	}
	b.begin("e-mail", user, access)
	b.begin("app", user, access)
	b.clock.Advance(4*time.Minute + time.Second)
	b.begin("text", user, access)
}
