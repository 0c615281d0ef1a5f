package emulator

import (
	"crypto/rand"
	"encoding/binary"
	"net/http"
)

// chaosJSON is the body of POST /control/chaos, and its answer.
type chaosJSON struct {
	Seed *uint32 `json:"seed"` // absent: a random one
}

// controlChaos switches chaos on and answers with its seed.
func (e *Emulator) controlChaos(r *http.Request) (int, any, error) {
	var body chaosJSON
	if err := decodeOptional(r, &body); err != nil {
		return 0, nil, err
	}
	if body.Seed == nil {
		seed := RandomChaos()
		body.Seed = &seed
	}
	e.setChaos(*body.Seed)
	return http.StatusCreated, body, nil
}

func (e *Emulator) controlStopChaos(*http.Request) (int, any, error) {
	e.stopChaos()
	return http.StatusNoContent, nil, nil
}

// RandomChaos returns a seed for Options.Chaos.
func RandomChaos() uint32 {
	var seed [4]byte
	_, _ = rand.Read(seed[:]) // never fails since Go 1.24
	return binary.BigEndian.Uint32(seed[:])
}
