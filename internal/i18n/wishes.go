package i18n

import (
	"strings"
	"sync"
)

// Bounds of what is remembered: browsers send a few dozen different headers, all
// of them short.
const (
	mostWishes      = 256
	longestKeptWish = 100 // bytes
)

// wishes remembers the answers to headers that came before: every request of a
// browser sends the same one, and parsing it takes longer than all else that
// chooses the language.
type wishes struct {
	mu      sync.RWMutex
	answers map[string]Lang
}

func (w *wishes) look(wish string) (lang Lang, known bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	lang, known = w.answers[wish]
	return lang, known
}

// keep forgets all others when there are too many: somebody sends nonsense. What
// is kept is a copy, because the header is part of a string that holds all
// headers of the request, cookies too.
func (w *wishes) keep(wish string, lang Lang) {
	if len(wish) > longestKeptWish {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.answers == nil || len(w.answers) >= mostWishes {
		w.answers = make(map[string]Lang)
	}
	w.answers[strings.Clone(wish)] = lang
}
