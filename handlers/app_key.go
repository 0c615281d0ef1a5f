package handlers

import (
	"cmp"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/skip2/go-qrcode"

	"mysecurity/internal/account"
	"mysecurity/templates"
)

// appKey reads the otpauth text (the key URI format of authenticator apps).
func appKey(e account.Enrolment) (templates.AppKey, error) {
	uri, err := url.Parse(e.Key.URI.Reveal())
	if err != nil {
		return templates.AppKey{}, errBadKeyURI
	}
	code, err := qrcode.New(e.Key.URI.Reveal(), qrcode.Medium)
	if err != nil {
		return templates.AppKey{}, errBadKeyURI
	}
	code.DisableBorder = true
	query := uri.Query()
	issuer, label := splitLabel(uri.Path)
	if named := query.Get("issuer"); named != "" {
		issuer = named
	}
	return templates.AppKey{
		QR: code.Bitmap(), Secret: e.Key.Secret.Reveal(), URI: e.Key.URI.Reveal(),
		Account: label, Issuer: issuer, Algorithm: cmp.Or(query.Get("algorithm"), "SHA1"),
		Digits: number(query.Get("digits"), codeLength), Period: time.Duration(number(query.Get("period"), 30)) * time.Second,
	}, nil
}

var errBadKeyURI = errors.New("handlers: the tenant's otpauth text cannot be read")

// splitLabel takes "/Issuer:account" apart.
func splitLabel(path string) (issuer, label string) {
	path = strings.TrimPrefix(path, "/")
	if issuer, label, found := strings.Cut(path, ":"); found {
		return issuer, label
	}
	return "", path
}

func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 && n <= 300 {
		return n
	}
	return otherwise
}
