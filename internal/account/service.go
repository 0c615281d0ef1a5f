package account

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"mysecurity/internal/auth0"
	"mysecurity/internal/limit"
)

// changeTime bounds a change with all its calls, below the time in which the
// server has to have answered.
const changeTime = 20 * time.Second

// Options are what a Service works with. All fields but Logger are required.
type Options struct {
	Tenant     *auth0.Client
	Limiter    *limit.Limiter
	Ledger     Ledger
	Now        func() time.Time
	MinMethods int    // strong methods that have to stay; 0 permits removing the last
	Offers     Offers // what may be added; what is already there stays usable
	Logger     *slog.Logger
}

// Service answers for the user's methods. Its methods are safe for concurrent
// use; changes of one user are serialised within the process.
type Service struct {
	tenant     *auth0.Client
	limiter    *limit.Limiter
	visitors   *limit.Limiter // of its own: strangers must not use up the users' room
	ledger     Ledger
	now        func() time.Time
	minMethods int
	offers     Offers
	log        *slog.Logger
	users      userLocks
	waiting    patience
	removed    removed
}

// New returns a Service.
func New(o Options) *Service {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{
		tenant: o.Tenant, limiter: o.Limiter, visitors: limit.New(o.Now), ledger: o.Ledger, now: o.Now,
		minMethods: o.MinMethods, offers: o.Offers, log: o.Logger,
	}
}

// Rights is RightsAt by the service's clock.
func (s *Service) Rights(access Access) Rights { return RightsAt(access, s.now()) }

func token(user User, access Access) auth0.AccessToken {
	return auth0.NewAccessToken(access.Token).Of(user.Issuer, user.Subject)
}

// carriedOut is the context of a change once it has begun: a browser that goes
// away must not leave the tenant and the session with different truths. All
// calls of one change share its time.
func carriedOut(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), changeTime)
}

// userLocks gives each user one lock while somebody holds or waits for it.
type userLocks struct {
	mu   sync.Mutex
	held map[string]*userLock
}

type userLock struct {
	mu      sync.Mutex
	waiting int
}

// lock waits for the user's lock and returns its release.
func (l *userLocks) lock(user User) func() {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[string]*userLock{}
	}
	own := l.held[user.Key()]
	if own == nil {
		own = &userLock{}
		l.held[user.Key()] = own
	}
	own.waiting++
	l.mu.Unlock()

	own.mu.Lock()
	return func() {
		own.mu.Unlock()
		l.mu.Lock()
		defer l.mu.Unlock()
		if own.waiting--; own.waiting == 0 {
			delete(l.held, user.Key())
		}
	}
}
