package node

import (
	"encoding/binary"
	"net/netip"

	"rserpool/registrar"
	"rserpool/registrar/feed"
	"rserpool/registrar/transport/announce"
	"rserpool/registrar/wire"
)

// capture records a message of l that is about to be sent, or was just received.
func (n *Node) capture(l *link, out bool, data []byte) {
	c := feed.Captured{Out: out, ENRP: l.protocol == registrar.ENRP, Stream: l.stream, Association: uint64(l.id)}
	// A registrar names itself behind the header of what it sends (RFC 5353 section 2).
	if c.ENRP && !out && len(data) >= 8 {
		l.server.Store(binary.BigEndian.Uint32(data[4:]))
	}
	c.Server = wire.ServerID(l.server.Load())
	if local := l.association.Local(); len(local) > 0 {
		c.Local = local[0]
	}
	peer := l.association.Peer()
	if len(peer.Addrs) > 0 {
		c.Remote = netip.AddrPortFrom(peer.Addrs[0], peer.Port)
	}
	n.cfg.Capture.Record(c, data)
}

// captureAnnounced records an announcement once for each group that it goes to.
func (n *Node) captureAnnounced(e registrar.Announce, groups []*announce.Group) {
	from := n.cfg.Registrar.ASAP
	if e.Protocol == registrar.ENRP {
		from = n.cfg.Registrar.ENRP
	}
	for _, g := range groups {
		c := feed.Captured{Out: true, ENRP: e.Protocol == registrar.ENRP, Group: true, Remote: g.Addr()}
		for _, a := range from.Addrs {
			if a.Is4() == c.Remote.Addr().Is4() {
				c.Local = netip.AddrPortFrom(a, from.Port)
				break
			}
		}
		n.cfg.Capture.Record(c, e.Data)
	}
}
