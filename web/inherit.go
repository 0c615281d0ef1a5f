package web

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// inherited is the listening socket with the number that an address such as
// "fd:3" names: the one that systemd, or another parent, has opened before this
// process and keeps open after it. Closing the listener here closes nothing there:
// connections go on arriving, and wait for the next process.
//
// https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
func inherited(address string) (net.Listener, error) {
	number, err := strconv.ParseUint(strings.TrimPrefix(address, "fd:"), 10, 8)
	if err != nil {
		return nil, fmt.Errorf("%q is no socket of the process that started this one", address)
	}
	file := os.NewFile(uintptr(number), address)
	defer file.Close() // the listener has a copy of its own
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("%s is no listening socket; is the process started by its socket unit? %w", address, err)
	}
	return listener, nil
}
