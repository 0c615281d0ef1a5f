// Package auth0 is the portal's client of a tenant's HTTP APIs: sign-in through
// Universal Login, the MFA API, and sign-out. Each method sends one HTTP request
// (sign-in may add the tenant's published documents, listing may be repeated
// once) and every failure is an *Error with a Kind.
//
// What the package promises:
//   - one outbound client, pinned to the issuer's scheme and host, that follows
//     no redirect, reads no answer beyond a limit and waits for none beyond a
//     deadline;
//   - a call that changes something is sent once; where its fate is not known the
//     error says KindUnknownOutcome and the caller has to look;
//   - no text of the tenant's (body, description, unknown code) leaves the package
//     in an error or a log record, because such texts may repeat our secrets;
//   - an ID token counts only when it passes go-oidc and all rules of loginRules.
package auth0
