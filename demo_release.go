//go:build release

package main

import (
	"context"
	"errors"
	"io"
)

// errNoEmulator: a release build holds nothing of the emulator, neither code nor
// users nor keys, so that it cannot be in production by accident (EM-01).
var errNoEmulator = errors.New("this build has no emulator; build without the release tag to get one")

func runDemo(context.Context, []string, io.Writer, io.Writer) error     { return errNoEmulator }
func runEmulator(context.Context, []string, io.Writer, io.Writer) error { return errNoEmulator }
