package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/ui/view"
)

// status is how this registrar is, in short.
type status struct {
	Registrar exportSelf `json:"registrar"`
	// Phase is starting, serving or draining; Ready is set while it serves.
	Phase string `json:"phase"`
	Ready bool   `json:"ready"`
	// StartedAt is when the process began.
	StartedAt string `json:"started_at"`
	Dialect   string `json:"dialect"`
	Transport string `json:"transport"`
	ASAP      string `json:"asap"`
	ENRP      string `json:"enrp,omitempty"`
	Pools     int    `json:"pools"`
	// Elements counts them by what is known of them.
	Elements statusElements `json:"elements"`
	Peers    statusPeers    `json:"peers"`
	Holds    int            `json:"holds"`
	// Problems are the worst of those that an operator should look at, ProblemsTotal
	// is how many there are.
	Problems      []statusProblem `json:"problems"`
	ProblemsTotal int             `json:"problems_total"`
	// Limits, Guard and Overloaded are absent where the registrar does not tell them in
	// time, Guard also where it is off. Overloaded: it refuses handle resolutions.
	Limits     []limitJSON `json:"limits,omitempty"`
	Guard      *guardJSON  `json:"guard,omitempty"`
	Overloaded *bool       `json:"overloaded,omitempty"`
	Digest     string      `json:"digest"`
	Sequence   uint64      `json:"seq"`
}

// statusProblem says what is wrong, and what follows.
type statusProblem struct {
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

type statusElements struct {
	Total   int `json:"total"`
	Up      int `json:"up"`
	Suspect int `json:"suspect"`
	Expired int `json:"expired"`
	Owned   int `json:"owned"`
}

type statusPeers struct {
	Total  int `json:"total"`
	InSync int `json:"in_sync"`
	// OutOfSync have told another checksum than the one computed here; the others have
	// not told one yet.
	OutOfSync int `json:"out_of_sync"`
	Dead      int `json:"dead"`
}

// status serves it.
func (s *server) status(w http.ResponseWriter, r *http.Request) {
	var a status
	now := s.Now()
	s.Hub.View(func(r *replica.Replica) { a = statusOf(r, now) })
	a.ASAP, a.ENRP = s.ASAP, s.ENRP
	s.measured(r.Context(), &a)
	writeJSON(w, a)
}

func statusOf(r *replica.Replica, now time.Time) status {
	hello, c := r.Hello(), r.Counts()
	a := status{
		Registrar: exportSelf{ID: r.Self().String(), Version: hello.Version, Uptime: now.Sub(hello.Started.Time()).Round(100 * time.Millisecond).Seconds()},
		Phase:     r.State().Phase.String(), Ready: r.State().Phase == feed.Serving, StartedAt: stampOf(hello.Started),
		Dialect: hello.Dialect, Transport: hello.Transport, Pools: c.Pools,
		Elements: statusElements{Total: c.Elements, Up: c.Elements - c.Suspect - c.Expired, Suspect: c.Suspect, Expired: c.Expired, Owned: c.Owned},
		Problems: []statusProblem{}, Sequence: r.Sequence().Number, Digest: "sha256:" + hex.EncodeToString(r.Digest(sha256.New())),
	}
	if told, _, known := r.Own(); known {
		a.Registrar.Checksum = told.String()
	}
	for p := range r.Peers() {
		a.Peers.Total++
		if p.State == feed.Dead {
			a.Peers.Dead++
			continue
		}
		if same, known := p.InStep(); known && same {
			a.Peers.InSync++
		} else if known {
			a.Peers.OutOfSync++
		}
	}
	worst, all := view.Problems(r, now)
	for _, p := range worst {
		a.Problems = append(a.Problems, statusProblem{p.Head, p.Text})
	}
	a.ProblemsTotal = all
	for range r.Holds() {
		a.Holds++
	}
	return a
}
