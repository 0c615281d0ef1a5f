package session

import (
	"encoding/binary"
	"errors"
	"time"

	"mysecurity/internal/secret"
)

// errContent says that what was sealed is not in the form of this schema. The
// content itself is a secret and never part of an error.
var errContent = errors.New("session: sealed content cannot be read")

// coder writes a value or reads it back, field by field: one list of fields
// serves both ways, so that they cannot disagree. Numbers are varints
// (encoding/binary), texts and lists have their length before them. There are
// no names: another list of fields means another schema number.
//
// A general codec read a session in twice the time that its seal takes, and it
// is read for every page (docs/performance.md).
type coder struct {
	data    []byte // written so far, or not yet read
	reading bool
	bad     bool // there was less to read than a field needs, or what it cannot be
}

// encode gives the form of the value whose fields are listed.
func encode(fields func(*coder)) []byte {
	c := &coder{data: make([]byte, 0, 2048)}
	fields(c)
	return c.data
}

// decode fills the fields that are listed, all of them and from all of data, or
// fails.
func decode(data []byte, fields func(*coder)) error {
	c := &coder{data: data, reading: true}
	if fields(c); c.bad || len(c.data) != 0 {
		return errContent
	}
	return nil
}

// fail makes the whole reading fail; what is still asked for is empty.
func (c *coder) fail() { c.bad, c.data = true, nil }

func (c *coder) integer(n *int64) {
	if !c.reading {
		c.data = binary.AppendVarint(c.data, *n)
		return
	}
	value, width := binary.Varint(c.data)
	if width <= 0 {
		c.fail()
		return
	}
	*n, c.data = value, c.data[width:]
}

// number is an integer of another type.
func number[T ~int | ~int64](c *coder, n *T) {
	wide := int64(*n)
	c.integer(&wide)
	*n = T(wide)
}

// length of what follows, which is one byte an element at least: a damaged
// length makes no room for more than there is.
func (c *coder) length(n int) int {
	number(c, &n)
	if c.reading && (n < 0 || n > len(c.data)) {
		c.fail()
		return 0
	}
	return n
}

func text[T ~string](c *coder, s *T) {
	n := c.length(len(*s))
	if !c.reading {
		c.data = append(c.data, *s...)
		return
	}
	*s, c.data = T(c.data[:n]), c.data[n:]
}

// hidden is the only place where the session's secrets are revealed: what is
// written goes nowhere but into keyring.seal.
func (c *coder) hidden(s *secret.Secret) {
	plain := s.Reveal()
	if text(c, &plain); c.reading {
		*s = secret.New(plain)
	}
}

func (c *coder) flag(b *bool) {
	n := int64(0)
	if *b {
		n = 1
	}
	c.integer(&n)
	if n != 0 && n != 1 {
		c.fail()
	}
	*b = n == 1 && !c.bad
}

// time keeps the moment to the nanosecond, in UTC.
func (c *coder) time(t *time.Time) {
	given := !t.IsZero()
	if c.flag(&given); !given {
		return
	}
	seconds, rest := t.Unix(), int64(t.Nanosecond())
	c.integer(&seconds)
	c.integer(&rest)
	if c.reading && !c.bad {
		*t = time.Unix(seconds, rest).UTC()
	}
}

// list is any number of elements; none is nil when read back.
func list[T any](c *coder, all *[]T, element func(*coder, *T)) {
	n := c.length(len(*all))
	if c.reading && n > 0 {
		*all = make([]T, n)
	}
	for i := range n {
		element(c, &(*all)[i])
	}
}

// optional is a value that may be absent.
func optional[T any](c *coder, value **T, fields func(*coder, *T)) {
	given := *value != nil
	if c.flag(&given); !given {
		return
	}
	if c.reading {
		*value = new(T)
	}
	fields(c, *value)
}
