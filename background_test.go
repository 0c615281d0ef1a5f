package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// TestAttempt (ME-07): background work that fails or panics leaves a record and no
// more. All other goroutines of ours serve requests, whose panics XS-13 is about.
func TestAttempt(t *testing.T) {
	for name, work := range map[string]func(context.Context) error{
		"fails":  func(context.Context) error { return errors.New("disk full") },
		"panics": func(context.Context) error { panic("a secret that a panic carries") },
	} {
		t.Run("ME-07 "+name, func(t *testing.T) {
			var out bytes.Buffer
			attempt(t.Context(), slog.New(slog.NewJSONHandler(&out, nil)), "not swept", work)
			if !strings.Contains(out.String(), `"msg":"not swept"`) || strings.Contains(out.String(), "a secret") {
				t.Error(out.String())
			}
		})
	}
}
