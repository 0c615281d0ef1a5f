package ui

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	qrcode "github.com/skip2/go-qrcode"
)

func TestGroups(t *testing.T) {
	tests := []struct {
		code string
		want []string
	}{
		{"", []string{}},
		{"ABC", []string{"ABC"}},
		{"ABCD", []string{"ABCD"}},
		{"ABCDEFGHI", []string{"ABCD", "EFGH", "I"}},
	}
	for _, tt := range tests {
		if got := Groups(tt.code); !slices.Equal(got, tt.want) {
			t.Errorf("Groups(%q) = %q, want %q", tt.code, got, tt.want)
		}
	}
}

// TestQR reads the drawing back and compares it with the code, so that what a
// phone sees is what was meant: dark on white, upright, with its quiet zone.
func TestQR(t *testing.T) {
	code, err := qrcode.New("otpauth://totp/Example:ada?secret=KRSXG5CTMVRXEZLU", qrcode.Medium)
	if err != nil {
		t.Fatal(err)
	}
	code.DisableBorder = true
	modules := code.Bitmap()
	var html strings.Builder
	if err := QR(modules, "a label").Render(t.Context(), &html); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html.String()))
	if err != nil {
		t.Fatal(err)
	}
	svg := doc.Find("svg[role=img][aria-label='a label']")
	side := len(modules) + 8
	if box, want := svg.AttrOr("viewBox", ""), "0 0 "+strconv.Itoa(side)+" "+strconv.Itoa(side); box != want {
		t.Errorf("viewBox = %q, want %q: four modules of quiet zone on each side", box, want)
	}
	if plate := svg.Find("rect[width='100%'][height='100%'][fill='#fff']"); plate.Length() != 1 {
		t.Error("the plate is not white over the whole area")
	}
	path := svg.Find("path[fill='#000']")
	if got := readPath(t, path.AttrOr("d", ""), len(modules)); !slices.EqualFunc(got, modules, slices.Equal) {
		t.Error("the drawing differs from the code")
	}
}

var run = regexp.MustCompile(`^M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// readPath turns a path of runs back into modules.
func readPath(t *testing.T, d string, side int) [][]bool {
	t.Helper()
	modules := make([][]bool, side)
	for i := range modules {
		modules[i] = make([]bool, side)
	}
	for d != "" {
		m := run.FindStringSubmatch(d)
		if m == nil || m[3] != m[4] {
			t.Fatalf("not a run of modules: %.40q", d)
		}
		d = d[len(m[0]):]
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		n, _ := strconv.Atoi(m[3])
		for i := range n {
			modules[y-quietZone][x-quietZone+i] = true
		}
	}
	return modules
}

// TestCodeCopiesWithoutGaps keeps the gaps between the groups out of what is
// selected and copied: the tenant does not take a recovery code with spaces.
func TestCodeCopiesWithoutGaps(t *testing.T) {
	var html strings.Builder
	if err := Code("key", "ABCDEFGH").Render(t.Context(), &html); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html.String()))
	if err != nil {
		t.Fatal(err)
	}
	code := doc.Find("code#key[dir=ltr][translate=no]")
	if got := strings.TrimSpace(code.Text()); got != "ABCDEFGH" {
		t.Errorf("text = %q, want the code without gaps", got)
	}
	if got := code.Find("span").Length(); got != 2 {
		t.Errorf("%d groups, want 2", got)
	}
}
