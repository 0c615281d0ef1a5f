package session

import (
	"encoding/binary"
	"time"
)

// The embedded store's layout of a record: format byte, version, created, user
// tag, SID tag, blob. The two times that change often are kept apart.
const (
	recordFormat = 1
	recordHeader = 1 + 8 + 8 + 32 + 32
	timesLength  = 8 + 8
)

func encodeRecord(rec Record) []byte {
	out := make([]byte, 0, recordHeader+len(rec.Blob))
	out = append(out, recordFormat)
	out = binary.BigEndian.AppendUint64(out, rec.Version)
	out = appendTime(out, rec.Created)
	out = append(out, rec.User[:]...)
	out = append(out, rec.SID[:]...)
	return append(out, rec.Blob...)
}

// decodeRecord reads both parts of a record. The result shares no memory with
// the arguments, which the database may reuse.
func decodeRecord(body, times []byte) (Record, error) {
	if len(body) < recordHeader || body[0] != recordFormat || len(times) != timesLength {
		return Record{}, ErrDamaged
	}
	rec := Record{
		Version: binary.BigEndian.Uint64(body[1:]),
		Created: readTime(body[9:]),
		Seen:    readTime(times),
		Expires: readTime(times[8:]),
		User:    Tag(body[17:49]),
		SID:     Tag(body[49:81]),
		Blob:    append([]byte(nil), body[recordHeader:]...),
	}
	return rec, nil
}

func encodeTimes(seen, expires time.Time) []byte {
	return appendTime(appendTime(make([]byte, 0, timesLength), seen), expires)
}

func appendTime(out []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(out, uint64(t.UnixMilli()))
}

func readTime(in []byte) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(in))).UTC()
}
