//go:build unix

package web_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"mysecurity/web"
)

// TestInherited: a number that nobody has handed over is refused and left alone,
// whatever of ours has it; a listening socket is taken over.
func TestInherited(t *testing.T) {
	for what, open := range map[string]func(t *testing.T) (io.Closer, syscall.RawConn){
		"a file": func(t *testing.T) (io.Closer, syscall.RawConn) {
			file, err := os.Create(filepath.Join(t.TempDir(), "sessions.db"))
			must(t, err)
			return raw(t, file)
		},
		"a pipe": func(t *testing.T) (io.Closer, syscall.RawConn) {
			out, in, err := os.Pipe()
			must(t, err)
			t.Cleanup(func() { _ = in.Close() })
			return raw(t, out)
		},
		"a datagram socket": func(t *testing.T) (io.Closer, syscall.RawConn) {
			socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			must(t, err)
			return raw(t, socket)
		},
		"a local socket": func(t *testing.T) (io.Closer, syscall.RawConn) {
			socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s")})
			must(t, err)
			return raw(t, socket)
		},
		"a connection": func(t *testing.T) (io.Closer, syscall.RawConn) {
			listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
			must(t, err)
			t.Cleanup(func() { _ = listener.Close() })
			connection, err := net.DialTCP("tcp", nil, listener.Addr().(*net.TCPAddr)) //nolint:forcetypeassert // it is
			must(t, err)
			return raw(t, connection)
		},
	} {
		t.Run(what, func(t *testing.T) {
			thing, control := open(t)
			must(t, control.Control(func(descriptor uintptr) {
				address := fmt.Sprintf("fd:%d", descriptor)
				if err := web.CheckAddress(address); err == nil || !strings.Contains(err.Error(), address+" is no listening socket") {
					t.Errorf("checked: %v", err)
				}
				if _, err := web.Listen(t.Context(), address); err == nil || !strings.Contains(err.Error(), address+" is no listening socket") {
					t.Errorf("listened: %v", err)
				}
			}))
			if err := control.Control(func(descriptor uintptr) {
				if _, err := syscall.Seek(int(descriptor), 0, io.SeekCurrent); errors.Is(err, syscall.EBADF) {
					t.Error("it was closed")
				}
			}); err != nil {
				t.Error(err)
			}
			must(t, thing.Close())
		})
	}
	t.Run("a number of nothing", func(t *testing.T) {
		if err := web.CheckAddress("fd:250"); err == nil {
			t.Error("accepted")
		}
	})
	t.Run("an ordinary address", func(t *testing.T) { must(t, web.CheckAddress("127.0.0.1:8080")) })
	t.Run("a listening socket", func(t *testing.T) {
		listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		must(t, err)
		defer listener.Close()
		file, err := listener.File()
		must(t, err)
		copied, err := syscall.Dup(int(file.Fd())) // taking over closes what was handed over
		must(t, errors.Join(err, file.Close()))
		address := fmt.Sprintf("fd:%d", copied)
		must(t, web.CheckAddress(address))
		taken, err := web.Listen(t.Context(), address)
		must(t, err)
		if taken.Addr().String() != listener.Addr().String() {
			t.Errorf("listens on %v", taken.Addr())
		}
		must(t, taken.Close())
	})
}

// raw is something open, and the way to its descriptor.
func raw(t *testing.T, thing interface {
	io.Closer
	syscall.Conn
},
) (io.Closer, syscall.RawConn) {
	t.Helper()
	control, err := thing.SyscallConn()
	must(t, err)
	return thing, control
}
