package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// authenticators is how many entries the list of every user has.
const authenticators = 5

// upstream stands in for the tenant. Its list of authenticators is a fixed
// answer written to the socket without any server around it, so that the core it
// shares with the load has room; all else goes to the scripted issuer.
type upstream struct {
	listener net.Listener
	issuer   *issuer
	rest     http.Handler
	list     []byte
	delay    atomic.Int64 // before each list, in nanoseconds
	open     sync.WaitGroup
}

func startUpstream(ctx context.Context) (*upstream, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	u := &upstream{listener: listener, issuer: &issuer{name: "http://" + listener.Addr().String() + "/", key: key}, list: listAnswer()}
	u.rest = u.issuer.handler()
	u.open.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go u.serve(connection)
		}
	})
	return u, nil
}

func (u *upstream) close() {
	_ = u.listener.Close()
	u.open.Wait()
}

// listAnswer is the whole answer to the call that every view makes.
func listAnswer() []byte {
	var list strings.Builder
	for i := range authenticators {
		fmt.Fprintf(&list, `,{"id":"totp|dev_%016d","authenticator_type":"otp","active":true}`, i)
	}
	body := "[" + list.String()[1:] + "]"
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nCache-Control: no-store\r\n"+
		"Content-Length: %d\r\n\r\n%s", len(body), body)
}

var listCall = []byte("GET /mfa/authenticators ")

// serve answers one connection until the other side closes it.
func (u *upstream) serve(connection net.Conn) {
	defer func() { _ = connection.Close() }()
	buffer := make([]byte, 16<<10)
	for filled := 0; ; {
		n, err := connection.Read(buffer[filled:])
		if err != nil {
			return
		}
		if filled += n; !bytes.Contains(buffer[:filled], headEnd) {
			continue
		}
		got := buffer[:filled]
		filled = 0
		if !bytes.HasPrefix(got, listCall) {
			err = u.other(connection, got)
		} else {
			time.Sleep(time.Duration(u.delay.Load()))
			_, err = connection.Write(u.list)
		}
		if err != nil {
			return
		}
	}
}

// other answers a request of the sign-in, the part of it that has arrived first.
func (u *upstream) other(connection net.Conn, arrived []byte) error {
	r, err := http.ReadRequest(bufio.NewReader(io.MultiReader(bytes.NewReader(arrived), connection)))
	if err != nil {
		return err
	}
	answer := httptest.NewRecorder()
	u.rest.ServeHTTP(answer, r)
	response := answer.Result()
	response.ContentLength = int64(answer.Body.Len())
	return response.Write(connection)
}

// listRequest asks the stand-in itself, without a server in between.
func (u *upstream) listRequest() []byte {
	return []byte("GET /mfa/authenticators HTTP/1.1\r\nHost: " + u.listener.Addr().String() + "\r\n\r\n")
}
