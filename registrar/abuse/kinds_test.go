package abuse

import (
	"encoding/json"
	"slices"
	"strconv"

	"rserpool/registrar/wire"
)

// kinds are all kinds of bad input, in the order of the table.
func kinds() []kind {
	return slices.Concat(datagramKinds(), asapKinds(), streamKinds(), enrpKinds(), groupKinds(), securedKinds(), httpKinds())
}

// victims are the identifiers of the honest elements.
func (s *scene) victims() []wire.PEIdentifier {
	if s.known != nil {
		return s.known
	}
	_, body, err := s.open.get("/api/v1/handlespace")
	if err != nil {
		s.t.Fatal(err)
	}
	var h struct {
		Pools []struct {
			Handle   string
			Elements []struct {
				ID    string
				Owned bool
			}
		}
	}
	if err := json.Unmarshal(body, &h); err != nil {
		s.t.Fatal(err)
	}
	for _, p := range h.Pools {
		for _, e := range p.Elements {
			if id, err := strconv.ParseUint(e.ID, 0, 32); err == nil && e.Owned && p.Handle == string(pool) {
				s.known = append(s.known, wire.PEIdentifier(id))
			}
		}
	}
	if len(s.known) == 0 {
		s.t.Fatal("no honest element is left")
	}
	return s.known
}
