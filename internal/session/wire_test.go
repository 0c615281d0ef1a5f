package session

import (
	"encoding/binary"
	"reflect"
	"testing"
	"time"

	"mysecurity/internal/account"
	"mysecurity/internal/secret"
)

// populate sets every field of a struct, so that one which the wire form forgets
// is missing after a round trip.
func populate(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Interface().(type) {
	case secret.Secret:
		v.Set(reflect.ValueOf(secret.New("s")))
		return
	case time.Time:
		v.Set(reflect.ValueOf(start()))
		return
	case time.Duration:
		v.SetInt(int64(time.Hour))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			populate(t, v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		populate(t, v.Elem())
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(3)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		populate(t, v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		populate(t, value)
		populate(t, key)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	default:
		t.Fatalf("a field of kind %v: teach the test about it", v.Kind())
	}
}

func TestEveryFieldIsSealed(t *testing.T) {
	var s state
	populate(t, reflect.ValueOf(&s).Elem())
	if got, err := decodeState(encodeState(s)); err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, s)
	}
	var tx Transaction
	populate(t, reflect.ValueOf(&tx).Elem())
	if got, err := decodeTransaction(encodeTransaction(tx)); err != nil || got != tx {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, tx)
	}
}

func TestEmptyPartsStayAbsent(t *testing.T) {
	s := state{Started: start(), User: ada()}
	if got, err := decodeState(encodeState(s)); err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("%+v, %v", got, err)
	}
	tx := NewTransaction()
	tx.Started = start()
	if got, err := decodeTransaction(encodeTransaction(tx)); err != nil || got != tx {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestHalfIsNothing: content that was cut anywhere, or has more behind it, is no
// session.
func TestHalfIsNothing(t *testing.T) {
	var s state
	populate(t, reflect.ValueOf(&s).Elem())
	whole := encodeState(s)
	for n := range whole {
		if got, err := decodeState(whole[:n]); err == nil || !reflect.DeepEqual(got, state{}) {
			t.Fatalf("%d of %d bytes: %+v, %v", n, len(whole), got, err)
		}
	}
	if _, err := decodeState(append(whole, 0)); err == nil {
		t.Error("and one byte more")
	}
}

// TestLengthsMakeNoRoom: a length is believed as far as there is content.
func TestLengthsMakeNoRoom(t *testing.T) {
	huge := binary.AppendVarint(nil, 1<<40)
	allocated := testing.AllocsPerRun(1, func() {
		var names []string
		c := &coder{data: huge, reading: true}
		if list(c, &names, text[string]); !c.bad || names != nil {
			t.Error("believed")
		}
	})
	if allocated > 3 {
		t.Errorf("%v allocations", allocated)
	}
}

func FuzzTicket(f *testing.F) {
	good := newTicket().encode()
	for _, seed := range []string{"", good, good[:63], good + "A", good[:63] + "=", good[:62] + "\r\n", "é" + good[2:]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tk, ok := parseTicket(text)
		if ok && tk.encode() != text {
			t.Fatalf("%q and %q are the same ticket", text, tk.encode())
		}
		if !ok && len(text) == ticketLength && tk != (ticket{}) {
			t.Fatal("half a ticket")
		}
	})
}

func FuzzRecord(f *testing.F) {
	f.Add(encodeRecord(sample(1)), encodeTimes(start(), start()))
	f.Add([]byte{}, []byte{})
	f.Add(make([]byte, recordHeader), make([]byte, timesLength))
	f.Add(append([]byte{recordFormat}, make([]byte, recordHeader-1)...), make([]byte, timesLength-1))
	f.Fuzz(func(t *testing.T, body, times []byte) {
		rec, err := decodeRecord(body, times)
		if err != nil {
			return
		}
		again, err := decodeRecord(encodeRecord(rec), encodeTimes(rec.Seen, rec.Expires))
		if err != nil || !equal(rec, again) {
			t.Fatalf("not stable: %v", err)
		}
	})
}

func FuzzState(f *testing.F) {
	full := state{
		Started: start(), User: ada(), Access: access(start()),
		Enrolments: map[account.MethodKind]account.Enrolment{account.MethodApp: {Kind: account.MethodApp, Started: start()}},
		Recovery:   &account.RecoveryCode{Code: secret.New("code")}, Notice: &notice{Kind: "x", Args: map[string]string{"a": "b"}},
	}
	f.Add(encodeState(full))
	f.Add(encodeState(state{Started: start(), User: ada()}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, plain []byte) {
		s, err := decodeState(plain)
		if err != nil {
			if !reflect.DeepEqual(s, state{}) {
				t.Fatal("half a session")
			}
			return
		}
		if s.User.Subject == "" || s.Started.IsZero() {
			t.Fatal("a session without user or start")
		}
		if again, err := decodeState(encodeState(s)); err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("not stable: %v", err)
		}
	})
}

func FuzzTransaction(f *testing.F) {
	tx := NewTransaction()
	tx.Started, tx.StepUpFor = start(), ada()
	f.Add(encodeTransaction(tx))
	f.Add(encodeTransaction(Transaction{State: "s", Nonce: "n", Verifier: secret.New("v"), MaxAge: -1}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, plain []byte) {
		tx, err := decodeTransaction(plain)
		if err != nil {
			if tx != (Transaction{}) {
				t.Fatal("half a transaction")
			}
			return
		}
		if tx.State == "" || tx.Nonce == "" || tx.Verifier.IsZero() || tx.Started.IsZero() {
			t.Fatal("an incomplete transaction")
		}
		if again, err := decodeTransaction(encodeTransaction(tx)); err != nil || again != tx {
			t.Fatalf("not stable: %v", err)
		}
	})
}
