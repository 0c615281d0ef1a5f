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
	"mysecurity/internal/secret"
	"mysecurity/templates"
)

// appKey reads the otpauth text (the key URI format of authenticator apps).
func appKey(e account.Enrolment) (templates.AppKey, error) {
	uri, err := url.Parse(e.Key.URI.Reveal())
	if err != nil {
		return templates.AppKey{}, errBadKeyURI
	}
	picture, err := qrCode(e.Key.URI)
	if err != nil {
		return templates.AppKey{}, err
	}
	query := uri.Query()
	issuer, label := splitLabel(uri.Path)
	if named := query.Get("issuer"); named != "" {
		issuer = named
	}
	return templates.AppKey{
		QR: picture, Secret: e.Key.Secret.Reveal(), URI: e.Key.URI.Reveal(),
		Account: label, Issuer: issuer, Algorithm: cmp.Or(query.Get("algorithm"), "SHA1"),
		Digits: number(query.Get("digits"), codeLength), Period: time.Duration(number(query.Get("period"), 30)) * time.Second,
	}, nil
}

var errBadKeyURI = errors.New("handlers: the tenant's otpauth text cannot be read")

// qrCode draws the text that a phone scans: modules without the quiet zone, true
// is dark (ISO/IEC 18004). It is drawn from the session's state for each page and
// has no address of its own.
func qrCode(text secret.Secret) ([][]bool, error) {
	code, err := qrcode.New(text.Reveal(), qrcode.Medium)
	if err != nil {
		return nil, errBadKeyURI
	}
	code.DisableBorder = true
	return code.Bitmap(), nil
}

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
