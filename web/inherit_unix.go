//go:build unix

package web

import "syscall"

// isListening refuses a descriptor that is not a TCP socket which listens.
func isListening(descriptor int) error {
	listens, err := syscall.GetsockoptInt(descriptor, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	if err != nil {
		return err
	}
	kind, err := syscall.GetsockoptInt(descriptor, syscall.SOL_SOCKET, syscall.SO_TYPE)
	if err != nil {
		return err
	}
	address, err := syscall.Getsockname(descriptor)
	if err != nil {
		return err
	}
	switch address.(type) {
	case *syscall.SockaddrInet4, *syscall.SockaddrInet6:
		if listens != 0 && kind == syscall.SOCK_STREAM {
			return nil
		}
	}
	return errNotListening
}
