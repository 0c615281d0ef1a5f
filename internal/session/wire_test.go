package session

import (
	"encoding/json"
	"errors"
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
	plain, err := encodeState(s)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := decodeState(plain); err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, s)
	}

	var tx Transaction
	populate(t, reflect.ValueOf(&tx).Elem())
	if plain, err = encodeTransaction(tx); err != nil {
		t.Fatal(err)
	}
	if got, err := decodeTransaction(plain); err != nil || got != tx {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, tx)
	}
}

func TestEmptyPartsStayAbsent(t *testing.T) {
	s := state{Started: start(), User: ada()}
	plain, err := encodeState(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeState(plain)
	if err != nil || got.Enrolments != nil || got.Recovery != nil || got.Notice != nil || !got.Access.Expires.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	tx := NewTransaction()
	tx.Started = start()
	if plain, err = encodeTransaction(tx); err != nil {
		t.Fatal(err)
	}
	if got, err := decodeTransaction(plain); err != nil || got.StepUpFor != (account.User{}) {
		t.Errorf("%+v, %v", got, err)
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
	plain, err := encodeState(state{Started: start(), User: ada(), Enrolments: map[account.MethodKind]account.Enrolment{account.MethodApp: {Kind: account.MethodApp}}, Notice: &notice{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain)
	for _, seed := range []string{"", "null", "{}", `{"started":"2026-11-22T09:00:00Z","user":{"iss":"a","sub":"b"}}`, `{"user":[]}`, `{"started":"9999-99-99"}`} {
		f.Add([]byte(seed))
	}
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
		if _, err := encodeState(s); err != nil && !isRange(err) {
			t.Fatal(err)
		}
	})
}

func FuzzTransaction(f *testing.F) {
	tx := NewTransaction()
	tx.Started, tx.StepUpFor = start(), ada()
	plain, err := encodeTransaction(tx)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain)
	for _, seed := range []string{"", "null", "{}", `{"state":"s","nonce":"n","verifier":"v"}`, `{"step_up":[]}`, `{"max_age":1e99}`} {
		f.Add([]byte(seed))
	}
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
	})
}

// isRange reports the one thing JSON reads and does not write: far years with an
// offset.
func isRange(err error) bool {
	var written *json.MarshalerError
	return errors.As(err, &written)
}
