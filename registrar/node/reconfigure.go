package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"rserpool/registrar"
	"rserpool/registrar/feed"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// namedRevoked is how many identities are named of those whose associations end.
const namedRevoked = 10

// errRevoked ends an association whose other end is not any more what it has proven
// to be.
var errRevoked = errors.New("what its identity may do has changed")

// Settings are what an operator may change while a node runs: each takes the place of
// what Config has under its name.
type Settings struct {
	Peers     []transport.Address
	Protected []wire.PoolHandle
	// Identify judges new associations, and those that there are: who would get
	// another credential by it than it has is aborted, and may come again.
	Identify func(p transport.Peer) (credential registrar.Credential, known bool)
	// What names what else has changed, for the event config.reloaded.
	What string
}

// Reconfigure makes the node run with other settings: all of them, or none with the
// error that says which is wrong.
func (n *Node) Reconfigure(ctx context.Context, s Settings) error {
	wish := registrar.Reconfigure{Protected: s.Protected, What: s.What}
	for _, p := range s.Peers {
		wish.Peers = append(wish.Peers, endpointOf(p))
	}
	answer, err := ask[registrar.Reconfigured](ctx, n, func(request uint64) registrar.Event {
		n.identifyNext = s.Identify
		wish.Request = request
		return wish
	})
	return cmp.Or(err, answer.Err)
}

// reconfigured: the registrar has taken its part, or not.
func (n *Node) reconfigured(e registrar.Reconfigured) (revoked registrar.Noted) {
	if e.Err == nil {
		n.cfg.Identify = n.identifyNext
		revoked = n.revoke()
	}
	n.identifyNext = nil
	n.answer(e.Request, e)
	return revoked
}

// revoke aborts the associations whose other ends are not any more what they were.
func (n *Node) revoke() registrar.Noted {
	var names []string
	count := 0
	for _, l := range n.links {
		p := l.association.Peer()
		if l.ended || reflect.DeepEqual(n.cfg.credential(p), l.credential) {
			continue
		}
		l.abort(errRevoked)
		names = append(names, p.Identity)
		count++
	}
	if count == 0 {
		return registrar.Noted{}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	more := ""
	if len(names) > namedRevoked {
		more = fmt.Sprintf(" and %d more", len(names)-namedRevoked)
		names = names[:namedRevoked]
	}
	return registrar.Noted{Level: registrar.Warn, Event: feed.Event{Name: "association.revoked", Text: fmt.Sprintf(
		"associations ended whose identities have changed or are gone: %d, of %s%s", count, strings.Join(names, ", "), more)}}
}
