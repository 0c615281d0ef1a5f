package templates

import (
	"context"
	"strings"
	"time"
	"unicode"

	"mysecurity/internal/i18n"
)

// RecoveryFile is the text file that keeps a recovery code.
type RecoveryFile struct {
	Code     string
	Account  string // e-mail address, or the name where there is none
	Company  string
	Received time.Time
}

// Name is a file name that tells the account and the company apart among a
// person's downloads. It never holds the code.
func (f RecoveryFile) Name(ctx context.Context) string {
	words := []string{i18n.T(ctx, "recovery-code.file.name"), f.Company, f.Account}
	return fileName(strings.Join(words, " ")) + ".txt"
}

// Text is the content, with the line ends that every system's editor reads.
func (f RecoveryFile) Text(ctx context.Context) string {
	lines := []string{
		i18n.T(ctx, "recovery-code.file.heading", "Account", f.Account, "Company", f.Company),
		i18n.T(ctx, "recovery-code.file.made", "Date", i18n.Date(ctx, f.Received)),
		"", f.Code, "",
		i18n.T(ctx, "recovery-code.file.use"),
		i18n.T(ctx, "recovery-code.never-asked", "Company", f.Company),
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

// fileName keeps letters, digits and the signs of an address, and makes one
// hyphen of everything between. Path separators, quotes and controls, which
// browsers and headers read in their own ways, never pass.
func fileName(words string) string {
	var b strings.Builder
	for _, r := range words {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("@._", r):
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-.")
}
