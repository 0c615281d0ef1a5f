// Package phone reads telephone numbers as people write them and knows which
// ones can belong to somebody's own phone. It wraps Google's libphonenumber in
// its Go form; nobody else of ours imports that.
package phone
