package emulator

const maxLog = 1000

// logEvent adds an entry to the tenant's log. The type is one of the vendor's
// log codes; text must not carry anything secret. The caller holds the store's
// lock.
//
// https://auth0.com/docs/deploy-monitor/logs/log-event-type-codes
func (e *Emulator) logEvent(kind, userID, text string) {
	e.s.log = appendBounded(e.s.log, logEvent{At: e.clock.Now(), Type: kind, UserID: userID, Text: text}, maxLog)
}
