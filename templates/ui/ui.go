// Package ui holds the small parts that the pages are made of: icons, the QR
// code, a code in groups, a time. They know no page and no session.
package ui

import (
	"strconv"
	"strings"
)

// quietZone is the blank margin around a QR code in modules (ISO/IEC 18004,
// 5.3.8). Without it phones fail to find the code on a dark page.
const quietZone = 4

// qrViewBox is the drawing area of a QR code, one unit for each module.
func qrViewBox(modules [][]bool) string {
	side := strconv.Itoa(len(modules) + 2*quietZone)
	return "0 0 " + side + " " + side
}

// qrPath draws the dark modules as one path: for each run of neighbours in a
// row one rectangle of height 1.
func qrPath(modules [][]bool) string {
	var b strings.Builder
	for y, row := range modules {
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}
			start := x
			for x < len(row) && row[x] {
				x++
			}
			run := strconv.Itoa(x - start)
			b.WriteString("M" + strconv.Itoa(start+quietZone) + " " + strconv.Itoa(y+quietZone))
			b.WriteString("h" + run + "v1h-" + run + "z")
		}
	}
	return b.String()
}

// Groups cuts a code into pieces of four characters, the last one may be
// shorter. Codes are ASCII.
func Groups(code string) []string {
	const size = 4
	groups := make([]string, 0, len(code)/size+1)
	for len(code) > size {
		groups = append(groups, code[:size])
		code = code[size:]
	}
	if code != "" {
		groups = append(groups, code)
	}
	return groups
}
