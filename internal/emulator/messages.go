package emulator

import (
	"strings"
	"time"
)

const maxMessages = 1000

// message is what the tenant has sent: a text, the words of a call, or an e-mail.
type message struct {
	Channel string // sms, voice or email
	To      string // number in E.164 form, or address
	Code    string
	Subject string // e-mail only
	Text    string
	At      time.Time
}

// sendMessage puts a code into the inbox of a number or an address. host is where
// the code is to be typed. The caller holds the store's lock.
func (e *Emulator) sendMessage(channel, to, code, lang, host string) {
	m := message{Channel: channel, To: to, Code: code, At: e.clock.Now()}
	m.Subject, m.Text = messageText(channel, e.s.tenant.Name, code, lang, host)
	e.s.messages = appendBounded(e.s.messages, m, maxMessages)
}

// messageText writes a message in English or French. The code comes first where
// people read it in a notification; a text ends with the line that lets browsers
// fill it in at host and nowhere else.
//
// https://wicg.github.io/sms-one-time-codes/
func messageText(channel, tenant, code, lang, host string) (subject, text string) {
	french := lang == "fr" || strings.HasPrefix(lang, "fr-")
	switch {
	case channel == kindVoice && french:
		spoken := spokenDigits(code, "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf")
		return "", "Bonjour. Votre code de sécurité " + tenant + " est : " + spoken + ". Je répète : " + spoken + ". Au revoir."
	case channel == kindVoice:
		spoken := spokenDigits(code, "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
		return "", "Hello. Your " + tenant + " security code is: " + spoken + ". I repeat: " + spoken + ". Goodbye."
	case french:
		text = code + " est votre code de sécurité " + tenant + ". Il est valable 5 minutes. Ne le donnez à personne."
		subject = code + " est votre code de sécurité " + tenant
	default:
		text = code + " is your " + tenant + " security code. It is valid for 5 minutes. Do not give it to anyone."
		subject = code + " is your " + tenant + " security code"
	}
	if channel == kindEmail {
		return subject, text
	}
	return "", text + "\n\n@" + host + " #" + code
}

// spokenDigits names the digits of a code one by one.
func spokenDigits(code string, names ...string) string {
	words := make([]string, 0, len(code))
	for _, digit := range []byte(code) {
		words = append(words, names[digit-'0'])
	}
	return strings.Join(words, ", ")
}
