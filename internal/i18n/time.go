package i18n

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Date is the day of t in words, "November 3, 2026". The day is that of t's own
// location.
func Date(ctx context.Context, t time.Time) string {
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = T(ctx, "date.first")
	}
	month := T(ctx, "date.month."+strconv.Itoa(int(t.Month())))
	return T(ctx, "date.long", "Day", day, "Month", month, "Year", strconv.Itoa(t.Year()))
}

// Clock is the time of day of t with the name of its zone, "2:05 PM UTC". The
// server does not know the visitor's zone: a page puts the text into a <time>
// element, and the script turns it into local time. French leaves out the minutes
// of a full hour, and no language of ours writes the zero before a single digit that
// Go's layout of 24 hours has.
func Clock(ctx context.Context, t time.Time) string {
	layout := "clock.layout"
	if t.Minute() == 0 {
		layout = "clock.layout.hour"
	}
	return strings.TrimPrefix(t.Format(T(ctx, layout)), "0")
}
