package session

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
)

// The database maps its file into memory and trusts it: a flipped bit can end
// the process with a memory fault, or have it walk in a circle for ever. So the
// file of an earlier start is read here, without the database. No page is read
// twice and nothing outside of a page is looked at, which makes reading end and
// never fault, whatever the file holds.
//
// The format: a page has a head of 16 bytes (its number, kind, count of elements,
// how many pages more it takes) and then elements of 16 bytes. One of a branch says
// how far from it its key is, how long that is and which page it leads to; one of a
// leaf says what it is, how far its key is, and how long key and value are. The
// value of a bucket is a head of 16 bytes that starts with the number of its page;
// if that is zero, a leaf page follows. A page with the numbers of all free ones has
// no elements. Pages 0 and 1 are metas: each commit writes one of them, in turn.
const (
	unit       = 16 // length of every head and element
	branchPage = 1
	leafPage   = 2
	freePage   = 16
	isRecord   = 0 // element of a bucket
	isBucket   = 1 // element of the root
	metaMagic  = 0xED0CDAED
	metaFormat = 2
	metaLength = 56     // without its checksum
	manyFree   = 0xffff // the first of the numbers is their count
)

var order = binary.NativeEndian

// guarded runs fn so that damage, at which what reads a tree panics, becomes its
// error: what need reports, and an index that the language refuses.
func guarded(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamagedFile, p)
		}
	}()
	return fn()
}

func need(sound bool, what string) {
	if !sound {
		panic(what)
	}
}

// tree is the content of a store file.
type tree struct {
	file     io.ReaderAt
	pageSize uint64
	seen     []bool            // for each page: none has two owners or is free as well
	buckets  map[string][]byte // by name, for records
}

// readTree finds the buckets of a file. It needs both metas: the older one alone
// would bring back what the last commit has ended, and so would a page that became
// free by it. An empty file has no buckets.
func readTree(file io.ReaderAt, size int64) *tree {
	if size == 0 {
		return &tree{}
	}
	newest := readMeta(file, 0)
	pageSize := newest.pageSize
	older := readMeta(file, pageSize)
	if newest.commit < older.commit {
		newest, older = older, newest
	}
	need(newest.commit == older.commit+1, "the metas do not follow each other")
	need(newest.pages <= uint64(size)/pageSize, "the file is too short")
	t := &tree{file, pageSize, make([]bool, newest.pages), map[string][]byte{}}
	t.take(0, 2)
	t.readFree(newest.freelist)
	for name, value := range t.below(t.page(newest.root), isBucket) {
		t.buckets[string(name)] = value
	}
	return t
}

type meta struct{ pageSize, root, freelist, pages, commit uint64 }

func readMeta(file io.ReaderAt, at uint64) meta {
	head := readAt(file, at+unit, metaLength+8)
	sum := fnv.New64a()
	_, _ = sum.Write(head[:metaLength]) // never fails
	known := order.Uint32(head) == metaMagic && order.Uint32(head[4:]) == metaFormat
	need(known && order.Uint64(head[metaLength:]) == sum.Sum64(), "a meta is damaged")
	return meta{
		uint64(order.Uint32(head[8:])), order.Uint64(head[16:]),
		order.Uint64(head[32:]), order.Uint64(head[40:]), order.Uint64(head[48:]),
	}
}

func readAt(file io.ReaderAt, at, length uint64) []byte {
	b := make([]byte, length)
	if _, err := file.ReadAt(b, int64(at)); err != nil {
		panic(err)
	}
	return b
}

// page reads a page with all it takes; a second time is damage.
func (t *tree) page(id uint64) []byte {
	need(id < uint64(len(t.seen)), "a page that does not exist")
	page := readAt(t.file, id*t.pageSize, t.pageSize)
	need(order.Uint64(page) == id, "a page that is another one")
	more := uint64(order.Uint32(page[12:]))
	t.take(id, id+1+more)
	if more > 0 {
		page = readAt(t.file, id*t.pageSize, (1+more)*t.pageSize)
	}
	return page
}

func (t *tree) take(from, to uint64) {
	for id := from; id < to; id++ {
		need(!t.seen[id], "a page with two owners")
		t.seen[id] = true
	}
}

func (t *tree) readFree(id uint64) {
	page := t.page(id)
	numbers, count := page[unit:], uint64(order.Uint16(page[10:]))
	need(order.Uint16(page[8:]) == freePage, "no list of free pages")
	if count == manyFree {
		count, numbers = order.Uint64(numbers), numbers[8:]
	}
	for range count {
		free := order.Uint64(numbers)
		numbers = numbers[8:]
		need(free < uint64(len(t.seen)), "a free page that does not exist")
		t.take(free, free+1)
	}
}

// records gives the records of a bucket, in the order of their keys.
func (t *tree) records(bucket []byte) iter.Seq2[[]byte, []byte] {
	if root := order.Uint64(bucket[:unit]); root != 0 {
		return t.below(t.page(root), isRecord)
	}
	inner := bucket[unit:]
	need(order.Uint16(inner[8:]) == leafPage, "a bucket within a page that branches")
	return t.below(inner, isRecord)
}

// below gives keys and values of all leaves below a page.
func (t *tree) below(page []byte, what uint32) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		w := walk{t: t, what: what, yield: yield}
		w.page(page)
	}
}

type walk struct {
	t     *tree
	what  uint32
	yield func(key, value []byte) bool
	last  []byte // key
	again bool   // it was of a branch: the first key below may be the same
}

// page visits a page and those below it, as long as somebody wants more.
func (w *walk) page(page []byte) bool {
	kind, count := order.Uint16(page[8:]), int(order.Uint16(page[10:]))
	need(kind == leafPage || kind == branchPage && count > 0, "a page of no kind")
	for i := range count {
		e := page[unit*(1+i):]
		number := func(n int) uint32 { return order.Uint32(e[4*n:]) }
		if kind == branchPage {
			w.next(e[number(0):][:number(1)], true)
			if !w.page(w.t.page(order.Uint64(e[8:]))) {
				return false
			}
			continue
		}
		need(number(0) == w.what, "an element of another kind")
		both, length := e[number(1):], number(3)
		key, value := both[:number(2)], both[number(2):][:length:length]
		w.next(key, false)
		if !w.yield(key, value) {
			return false
		}
	}
	return true
}

// next wants keys in order: a page of earlier times that is found again by
// mistake hardly fits in.
func (w *walk) next(key []byte, branch bool) {
	by := bytes.Compare(key, w.last)
	need(by > 0 || by == 0 && w.again, "keys out of order")
	w.last, w.again = key, branch
}
