package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain lets the command start this test as its limit server, as it starts
// itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == roleLimit {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestShort: every part runs against the real programs, reports and ends.
func TestShort(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var out strings.Builder
	parts := strings.Join(append(allParts(), partSoak), ",")
	if err := run(ctx, []string{"-short", "-length", "1s", "-parts", parts}, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, line := range []string{
		"machine:", "  4 connections  R1 ", " of the limit", "R2 p99 ", "R3: ", "R4: ", "first answer of the portal",
		"  20 sessions more", "R5: ", "first answer of the emulator", "calls/s",
		"ME-01: ", "growth an hour",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("%q is not in the report", line)
		}
	}
	t.Log(out.String())
}

// TestArguments: what cannot be measured is refused before anything starts.
func TestArguments(t *testing.T) {
	for _, args := range [][]string{
		{"-parts", "everything"},
		{"-connections", "0"},
		{"-connections", "16,x"},
		{"-connections", "100000"},
		{"-rounds", "0"},
		{"-round", "1h"},
		{"-length", "0s"},
		{"-sessions", "-1"},
		{"-unknown"},
	} {
		if _, err := parse(args, &strings.Builder{}); err == nil {
			t.Errorf("%v accepted", args)
		}
	}
}
