package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/policy"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
	"rserpool/ui/view"
)

// resolveWish is the body of POST /api/v1/resolve.
type resolveWish struct {
	// Pool is a pool's key: its handle, or b64. and its base64url.
	Pool string `json:"pool"`
	// Items is how many elements the user asks for; 0 is as many as it gets.
	Items int `json:"items"`
}

// resolved is the answer: what a pool user would get, best first.
type resolved struct {
	Pool     string            `json:"pool"`
	PoolKey  string            `json:"pool_key"`
	Policy   exportType        `json:"policy"`
	Elements []resolvedElement `json:"elements"`
}

type resolvedElement struct {
	ID            string          `json:"id"`
	Home          string          `json:"home_registrar"`
	State         string          `json:"state,omitempty"`
	Policy        exportPolicy    `json:"policy"`
	UserTransport exportTransport `json:"user_transport"`
}

// resolve tells what a pool user would get now. It moves nothing: the next user gets
// that.
func (s *server) resolve(w http.ResponseWriter, r *http.Request) {
	var wish resolveWish
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := errors.Join(d.Decode(&wish), onlyOne(d)); err != nil {
		problem(w, http.StatusBadRequest, "No such question", `Want a body such as {"pool":"EchoPool","items":3}: `+err.Error()+".")
		return
	}
	handle, err := view.ParseKey(wish.Pool)
	if err != nil || handle == "" {
		noKey(w)
		return
	}
	if wish.Items < 0 || wish.Items > asap.AllItems {
		problem(w, http.StatusBadRequest, "No such number of items", "Want items of 0 or more, have "+strconv.Itoa(wish.Items)+".")
		return
	}
	got, err := s.Registrar.Select(r.Context(), handle, wish.Items)
	if err != nil {
		problem(w, http.StatusServiceUnavailable, "The registrar does not answer", err.Error())
		return
	}
	if !got.Known {
		problem(w, http.StatusNotFound, "No such pool", "A user of "+view.Handle(handle)+" is told that the pool is unknown: no element with a home registrar is in it.")
		return
	}
	var a resolved
	s.Hub.View(func(r *replica.Replica) { a = resolvedOf(r, handle, got) })
	writeJSON(w, a)
}

// onlyOne is an error where something follows the value.
func onlyOne(d *json.Decoder) error {
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows it")
	}
	return nil
}

func resolvedOf(r *replica.Replica, handle wire.PoolHandle, got registrar.Selected) resolved {
	a := resolved{
		Pool: text(handle), PoolKey: view.Key(handle), Elements: []resolvedElement{},
		Policy: exportType{Name: policy.Name(got.Policy.Type), Type: got.Policy.Type.String()},
	}
	for _, e := range got.Elements {
		out := resolvedElement{
			ID: e.ID.String(), Home: e.HomeServer.String(), Policy: exportPolicyOf(e.Policy), UserTransport: exportTransportOf(e.UserTransport),
		}
		if known, ok := r.Element(handle, e.ID); ok {
			out.State = known.State.Health.String()
		}
		a.Elements = append(a.Elements, out)
	}
	return a
}
