package session

import (
	"context"
	"sync"
)

// locks gives each key one lock as long as somebody holds or awaits it.
type locks struct {
	mu   sync.Mutex
	held map[Key]*lock
}

type lock struct {
	token   chan struct{} // holds one value while the lock is free
	waiting int
}

// acquire waits for the key's lock and returns its release, or the context's
// error when the browser goes away first.
func (l *locks) acquire(ctx context.Context, k Key) (release func(), err error) {
	l.mu.Lock()
	if l.held == nil {
		l.held = make(map[Key]*lock)
	}
	own := l.held[k]
	if own == nil {
		own = &lock{token: make(chan struct{}, 1)}
		own.token <- struct{}{}
		l.held[k] = own
	}
	own.waiting++
	l.mu.Unlock()

	select {
	case <-own.token:
		return sync.OnceFunc(func() {
			own.token <- struct{}{}
			l.leave(k, own)
		}), nil
	case <-ctx.Done():
		l.leave(k, own)
		return nil, ctx.Err()
	}
}

func (l *locks) leave(k Key, own *lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if own.waiting--; own.waiting == 0 {
		delete(l.held, k)
	}
}
