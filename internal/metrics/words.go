package metrics

// The values of labels that counters begin with. They are words of the packages
// that count; tests there hold them together.

// reasons of calls that were given up.
func reasons() []string { return []string{"circuit open", "busy", "canceled"} }

// methods are the kinds of those that people add and remove.
func methods() []string { return []string{"app", "phone", "email", "push"} }

// refusals are the reasons of the audit stream.
func refusals() []string {
	return []string{
		"sign-in-refused", "sign-in-stale", "sign-in-denied", "sign-in-expired", "other-person", "no-second-step", "refresh-refused",
		"forged", "form-expired", "wrong-host",
		"too-many-codes", "too-many-tries", "too-many-messages", "discarded", "last-method", "fixed",
	}
}
