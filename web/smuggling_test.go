package web_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// smuggled is the path of a request that is hidden in another one. It is in the
// portal's log if somebody took it for a request.
const smuggled = "smuggled"

// attacks are requests whose end two servers may see in different places; hidden is
// behind one of them.
var attacks = []struct{ name, head, body string }{
	{"both lengths", "Content-Length: 6\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + hidden},
	{"both lengths, the other way round", "Transfer-Encoding: chunked\r\nContent-Length: 4", "30\r\n" + hidden + "\r\n0\r\n\r\n"},
	{"two lengths", "Content-Length: 0\r\nContent-Length: 60", hidden},
	{"two equal lengths", "Content-Length: 5\r\nContent-Length: 5", "a=b&c" + hidden},
	{"length in a list", "Content-Length: 0, 60", hidden},
	{"length with a sign", "Content-Length: +60", hidden},
	{"negative length", "Content-Length: -1", hidden},
	{"hexadecimal length", "Content-Length: 0x3c", hidden},
	{"endless length", "Content-Length: 99999999999999999999", hidden},
	{"unknown encoding", "Transfer-Encoding: xchunked", "0\r\n\r\n" + hidden},
	{"list of encodings", "Transfer-Encoding: chunked, identity", "0\r\n\r\n" + hidden},
	{"list that ends with chunked", "Transfer-Encoding: gzip, chunked", "0\r\n\r\n" + hidden},
	{"two encodings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n" + hidden},
	{"space before the colon", "Transfer-Encoding : chunked", "0\r\n\r\n" + hidden},
	{"folded line", "Transfer-Encoding:\r\n chunked", "0\r\n\r\n" + hidden},
	{"control character in the value", "Transfer-Encoding: \x0bchunked", "0\r\n\r\n" + hidden},
	{"control character in the name", "Transfer\x01-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"},
	{"CR in a value", "X-A: b\rTransfer-Encoding: chunked", "0\r\n\r\n" + hidden},
	{"NUL in a value", "X-A: b\x00c\r\nContent-Length: 0", ""},
	{"wrong size of a chunk", "Transfer-Encoding: chunked", "xyz\r\n" + hidden},
	{"endless size of a chunk", "Transfer-Encoding: chunked", "fffffffffffffffff\r\n" + hidden},
}

const hidden = "GET /security/" + smuggled + " HTTP/1.1\r\nHost: intranet.example\r\n\r\n"

// TestSmuggling (RD-14): through nginx as the example has it, each request gets one
// answer, and nothing that was hidden in one becomes another.
func TestSmuggling(t *testing.T) {
	t.Parallel()
	bothSetUps(t, func(p *portal) {
		for _, attack := range attacks {
			p.t.Run("RD-14 "+attack.name, func(t *testing.T) {
				here := p.in(t)
				got := here.through("POST /security/language HTTP/1.1\r\nHost: intranet.example\r\nSec-Fetch-Site: same-origin\r\n" +
					"Content-Type: application/x-www-form-urlencoded\r\n" + attack.head + "\r\n\r\n" + attack.body)
				if all := statuses(got); len(all) != 1 || all[0] != http.StatusBadRequest && all[0] != http.StatusNotImplemented {
					t.Errorf("answers %v, want one refusal", all)
				}
			})
		}
		if strings.Contains(p.log.String(), smuggled) {
			p.t.Error("RD-14 a hidden request reached the portal")
		}
		p.through(strings.TrimSuffix(hidden, "\r\n") + "Connection: close\r\n\r\n")
		if !strings.Contains(p.log.String(), smuggled) {
			p.t.Error("RD-14 a request in the open is not in the log: this test sees nothing")
		}
		b := p.browser()
		b.wantHeading(b.get("signed-out"), "signed-out.title") // nobody gets another's answer
	})
}

// TestFraming (RD-14): what has one reading only is answered in its order, however
// it is written.
func TestFraming(t *testing.T) {
	t.Parallel()
	bothSetUps(t, func(p *portal) {
		const head = " HTTP/1.1\r\nHost: intranet.example\r\nSec-Fetch-Site: same-origin\r\n"
		get := func(page, more string) string { return "GET /security/" + page + head + more + "\r\n" }
		for name, c := range map[string]struct {
			sent string
			want []int
		}{
			"several in a row": {get("signed-out", "") + get("nothing", "") + get("", "Connection: close\r\n"), []int{200, 404, 200}},
			"bare LF":          {strings.ReplaceAll(get("nothing", "Connection: close\r\n"), "\r\n", "\n"), []int{404}},
			"a body that a page does not read": {
				"POST /security/language" + head + "Content-Length: 3\r\n\r\na=b" + get("signed-out", "Connection: close\r\n"), []int{400, 200},
			},
			"chunks": {
				"POST /security/language" + head + "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\na=b\r\n0\r\n\r\n" + get("signed-out", "Connection: close\r\n"), []int{400, 200},
			},
			"a body on a GET": {
				"GET /security/signed-out" + head + "Content-Length: 5\r\nConnection: close\r\n\r\nhello", []int{200},
			},
			"a trailer": {
				"POST /security/language" + head + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\na=b\r\n0\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n", []int{400},
			},
			"foreign host": {"GET /security/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", []int{421}},
			"two hosts":    {"GET /security/ HTTP/1.1\r\nHost: intranet.example\r\nHost: evil.example\r\n\r\n", []int{400}},
		} {
			if got := p.through(c.sent); !slices.Equal(statuses(got), c.want) {
				p.t.Errorf("RD-14 %s: answers %v, want %v", name, statuses(got), c.want)
			}
		}
	})
}

// through sends bytes to the proxy and reads answers until it ends the connection.
func (p *portal) through(request string) []*http.Response {
	p.t.Helper()
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}} // to be told from the proxy itself
	connection, err := tls.DialWithDialer(from, "tcp", p.proxy.HTTPS, p.proxy.Client())
	must(p.t, err)
	defer connection.Close()
	_, err = io.WriteString(connection, request)
	must(p.t, err)
	var answers []*http.Response
	for reader := bufio.NewReader(connection); ; {
		must(p.t, connection.SetReadDeadline(time.Now().Add(5*time.Second)))
		answer, err := http.ReadResponse(reader, nil)
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				p.t.Errorf("after %d answers: %v", len(answers), err)
			}
			return answers
		}
		_, err = io.Copy(io.Discard, answer.Body)
		must(p.t, err)
		answers = append(answers, answer)
	}
}

func statuses(answers []*http.Response) []int {
	var all []int
	for _, a := range answers {
		all = append(all, a.StatusCode)
	}
	return all
}

// TestClientAddressThroughNginx (RD-09): whatever a client says about its address,
// the log of the portal has the one that the proxy saw.
func TestClientAddressThroughNginx(t *testing.T) {
	t.Parallel()
	bothSetUps(t, func(p *portal) {
		for n, lie := range []string{"198.51.100.7", "198.51.100.7, 127.0.0.1", "<script>", "fe80::1%eth0", strings.Repeat("192.0.2.1, ", 500) + "192.0.2.1", ""} {
			agent := fmt.Sprintf("liar-%d", n)
			sent := "GET /security/signed-out HTTP/1.1\r\nHost: intranet.example\r\nConnection: close\r\nUser-Agent: " + agent +
				"\r\nX-Real-IP: 192.0.2.9\r\nForwarded: for=192.0.2.9\r\nX_Forwarded_For: 192.0.2.9\r\nX-Forwarded-For: " + lie + "\r\n\r\n"
			if got := statuses(p.through(sent)); !slices.Equal(got, []int{http.StatusOK}) {
				p.t.Errorf("RD-09 %.40q: %v", lie, got)
			}
			if record := p.record(agent); !strings.Contains(record, `"client":"127.0.0.2"`) {
				p.t.Errorf("RD-09 %.40q: %s", lie, record)
			}
		}
	})
}

// record is the line of the log that holds a text.
func (p *portal) record(text string) string {
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, text) {
			return line
		}
	}
	return ""
}
