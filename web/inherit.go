package web

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

var errNotListening = errors.New("it is not one that listens for TCP connections")

// CheckAddress refuses an address such as "fd:3" that names no listening socket,
// before anything else of the process can have got that number. Other addresses
// show whether they are free when they are taken.
func CheckAddress(address string) error {
	_, err := inheritedNumber(address)
	return err
}

// inherited is the listening socket with the number that an address such as
// "fd:3" names: the one that systemd, or another parent, has opened before this
// process and keeps open after it. Closing the listener here closes nothing there:
// connections go on arriving, and wait for the next process.
//
// https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
func inherited(address string) (net.Listener, error) {
	number, err := inheritedNumber(address)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(number), address)
	defer file.Close() // the listener has a copy of its own
	return net.FileListener(file)
}

// inheritedNumber is the number of an inherited address, 0 of another one. It looks
// and touches nothing: a number that nobody has handed over may be that of the
// session file, or of what the runtime waits with, and must not be closed.
func inheritedNumber(address string) (int, error) {
	text, found := strings.CutPrefix(address, "fd:")
	if !found {
		return 0, nil
	}
	number, err := strconv.ParseUint(text, 10, 8)
	if err == nil {
		err = isListening(int(number))
	}
	if err != nil {
		return 0, fmt.Errorf("%s is no listening socket; is the process started by its socket unit? %w", address, err)
	}
	return int(number), nil
}
