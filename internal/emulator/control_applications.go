package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// applicationPatch changes the application of that name.
type applicationPatch struct {
	Name         string          `json:"name"`
	RefreshToken json.RawMessage `json:"refresh_token"` // members of RefreshSettings; those that are absent stay
}

// patchApplications changes the applications' settings: all that the patches
// name, or nothing. The caller holds the store's lock.
func (e *Emulator) patchApplications(patches []applicationPatch) error {
	changed := make(map[*Application]RefreshSettings, len(patches))
	for _, patch := range patches {
		app, err := e.appByName(patch.Name)
		if err != nil {
			return err
		}
		settings, again := changed[app]
		if !again {
			settings = app.RefreshToken
		}
		if len(patch.RefreshToken) == 0 {
			return badRequest("refresh_token of the application is missing")
		}
		decoder := json.NewDecoder(bytes.NewReader(patch.RefreshToken))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&settings); err != nil {
			return badRequest("refresh_token of the application: " + err.Error())
		}
		if err := settings.check(); err != nil {
			return badRequest(err.Error())
		}
		changed[app] = settings
	}
	for app, settings := range changed {
		app.RefreshToken = settings
	}
	return nil
}

// appByName finds the only application of that name: a seed may give one twice.
func (e *Emulator) appByName(name string) (*Application, error) {
	var found *Application
	for _, app := range e.s.apps {
		switch {
		case app.Name != name:
		case found != nil:
			return nil, badRequest(fmt.Sprintf("there are several applications %q", name))
		default:
			found = app
		}
	}
	if found == nil {
		return nil, badRequest(fmt.Sprintf("there is no application %q", name))
	}
	return found, nil
}
