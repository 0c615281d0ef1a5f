package emulator

// secondFactor is how a sign-in asks for the second factor: which authenticator
// was chosen, and what was sent for it.
type secondFactor struct {
	Authenticator string // id of the chosen one, "" before the first page
	Problem       string // text key of why nothing could be sent, or ""
	Sent          int    // messages or notifications for this choice
}
