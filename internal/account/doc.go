// Package account is the domain: who is signed in, which methods protect them,
// and what they may change. It knows no HTTP and no JSON; it decides, calls the
// tenant through package auth0, and translates the tenant's errors.
package account
