package web_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// TestDowngrade (RD-14): what HTTP/2 permits to be said and HTTP/1.1 would read as
// the end of a header or of a request is refused by the proxy, which translates.
func TestDowngrade(t *testing.T) {
	t.Parallel()
	bothSetUps(t, func(p *portal) {
		const path, agent = "/security/language", "user-agent"
		for _, attack := range []struct {
			name   string
			path   string
			header [2]string
			body   string
		}{
			{"chunked", path, [2]string{"transfer-encoding", "chunked"}, "0\r\n\r\n" + hidden},
			{"length too short", path, [2]string{"content-length", "0"}, hidden},
			{"length too long", path, [2]string{"content-length", "9999"}, "a=b"},
			{"two lengths", path, [2]string{"content-length", "0, 60"}, hidden},
			{"line break in a value", path, [2]string{agent, "x\r\nTransfer-Encoding: chunked"}, "0\r\n\r\n" + hidden},
			{"line feed in a value", path, [2]string{agent, "x\nContent-Length: 0\n\n" + hidden}, ""},
			{"line break in a name", path, [2]string{"x\r\nTransfer-Encoding: chunked\r\nx", "y"}, "0\r\n\r\n" + hidden},
			{"colon in a name", path, [2]string{"transfer-encoding: chunked\r\nx", "y"}, "0\r\n\r\n" + hidden},
			{"upper case", path, [2]string{"Transfer-Encoding", "chunked"}, "0\r\n\r\n" + hidden},
			{"connection header", path, [2]string{"connection", "transfer-encoding"}, "a=b"},
			{"request line in the path", "/security/ HTTP/1.1\r\nHost: intranet.example\r\n\r\n" + hidden, [2]string{agent, "x"}, ""},
			{"request line in the path, by a space", "/security/" + smuggled + "-by-path HTTP/1.1 x", [2]string{agent, "x"}, ""},
		} {
			statuses := p.throughHTTP2(attack.path, attack.header, attack.body)
			if len(statuses) > 1 || len(statuses) == 1 && !strings.HasPrefix(statuses[0], "4") && statuses[0] != "501" {
				p.t.Errorf("RD-14 %s: answers %v", attack.name, statuses)
			}
		}
		if strings.Contains(p.log.String(), smuggled) {
			p.t.Error("RD-14 a hidden request reached the portal")
		}
		if got := p.throughHTTP2(path, [2]string{agent, "honest"}, "a=b"); len(got) != 1 || got[0] != "400" || !strings.Contains(p.log.String(), "honest") {
			p.t.Errorf("an honest request gets %v: this test sees nothing", got)
		}
	})
}

// throughHTTP2 sends one POST, as its frames, and returns the statuses of all
// answers until the proxy ends the stream or the connection.
func (p *portal) throughHTTP2(path string, more [2]string, body string) []string {
	p.t.Helper()
	config := p.proxy.Client()
	config.NextProtos = []string{"h2"}
	connection, err := tls.Dial("tcp", p.proxy.HTTPS, config)
	must(p.t, err)
	defer connection.Close()
	must(p.t, connection.SetDeadline(time.Now().Add(5*time.Second)))
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, field := range [][2]string{
		{":method", "POST"},
		{":scheme", "https"},
		{":authority", "intranet.example"},
		{":path", path},
		{"sec-fetch-site", "same-origin"},
		{"content-type", "application/x-www-form-urlencoded"},
		more,
	} {
		must(p.t, encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}))
	}
	_, err = io.WriteString(connection, http2.ClientPreface)
	must(p.t, err)
	framer := http2.NewFramer(connection, connection)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	must(p.t, framer.WriteSettings())
	must(p.t, framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true}))
	must(p.t, framer.WriteData(1, true, []byte(body)))
	return p.answersIn(framer)
}

// answersIn reads frames until the stream has ended.
func (p *portal) answersIn(framer *http2.Framer) (statuses []string) {
	p.t.Helper()
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				p.t.Errorf("after %v: %v", statuses, err)
			}
			return statuses
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			statuses = append(statuses, frame.PseudoValue("status"))
			if frame.StreamEnded() {
				return statuses
			}
		case *http2.DataFrame:
			if frame.StreamEnded() {
				return statuses
			}
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			return statuses
		}
	}
}
