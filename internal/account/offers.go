package account

// Offers says which methods the company lets its people add.
type Offers struct {
	App   bool // authenticator app
	Text  bool // phone, by text message
	Call  bool // phone, by call
	Email bool
	Push  bool // notification on a phone
}

// Phone reports whether a phone can be added in some way.
func (o Offers) Phone() bool { return o.Text || o.Call }

func (o Offers) channel(c Channel) bool {
	return c == ChannelText && o.Text || c == ChannelCall && o.Call
}

// Offers returns what may be added. What the tenant itself has switched off is
// found out at the attempt.
func (s *Service) Offers() Offers { return s.offers }
