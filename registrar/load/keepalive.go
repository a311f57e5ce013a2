package load

import (
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// gather is how long keep-alives are gathered that could mean several elements: less
// than any registrar waits for the answer.
const gather = 3 * time.Second

// keepAlive answers a keep-alive, with mu held. One without an identifier may mean any
// element of the pool that is at this end: all answer, once for all that come while
// they wait.
func (l *lane) keepAlive(m *asap.EndpointKeepAlive) {
	handle := m.Handle // m is the decoder's
	switch ids := l.elements[handle]; {
	case m.ID != 0:
		l.acknowledge(handle, m.ID)
	case len(ids) <= 1:
		l.acknowledge(handle, ids...)
	case !l.asked[handle]:
		if l.asked == nil {
			l.asked = make(map[wire.PoolHandle]bool)
		}
		l.asked[handle] = true
		time.AfterFunc(gather, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			delete(l.asked, handle)
			l.acknowledge(handle, ids...)
		})
	}
}

// acknowledge lets elements answer, with mu held.
func (l *lane) acknowledge(handle wire.PoolHandle, ids ...wire.PEIdentifier) {
	for _, id := range ids {
		if l.ended == nil {
			l.send(asap.EndpointKeepAliveAck{Handle: handle, ID: id})
		}
	}
	l.recorder.kept(len(ids))
}
