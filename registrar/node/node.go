package node

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/feed"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/tcp"
	"rserpool/registrar/wire"
)

// ErrStopped says that the node has ended or is about to.
var ErrStopped = errors.New("node: the registrar has stopped")

// Node is a running registrar. Use Start. All methods may be called
// concurrently.
type Node struct {
	cfg        Config
	asap, enrp transport.Listener
	// nil where ASAP over TCP, or over TLS, is off.
	asapStream, asapTLS transport.Listener
	announcers          [2]announcer // by protocol

	// life ends when everything has to, accepting and dialling before it.
	life       context.Context
	end        context.CancelCauseFunc
	growing    context.Context
	stopGrowth context.CancelFunc

	queue queue
	// posts are inputs that only the node's own goroutine queues; awake tells it that
	// some wait which nobody takes.
	posts chan input
	awake chan struct{}
	// busy is held by whoever takes a turn.
	busy sync.Mutex
	// over: nothing is left to do.
	over       atomic.Bool
	watch      watch
	goroutines sync.WaitGroup
	done       chan struct{}
	// err is why the node ended by itself; written before done is closed.
	err      error
	ready    atomic.Bool
	foreign  [2]atomic.Uint64 // by protocol
	refusals refusals
	hits     hits

	loop // what only who is busy touches
}

// loop is the state that turns are about.
type loop struct {
	core    *registrar.Registrar
	links   map[registrar.AssociationID]*link
	lastID  registrar.AssociationID
	pending []registrar.Dial // waiting for one of dialLimit places
	dialing int
	// replies are the operator's wishes under way, by request.
	replies     map[uint64]chan<- registrar.Effect
	lastRequest uint64
	// identifyNext takes the place of the Config's where the registrar takes the rest.
	identifyNext func(p transport.Peer) (registrar.Credential, bool)
	answers      []answered     // of this batch
	changes      []feed.Message // of this batch
	counted      feed.Counters  // as published last
	stopping     bool
	alarm        *time.Timer
	armed        time.Time   // what the alarm is set for, 0 after it went off
	drained      *time.Timer // bounds the end
	stopwatch
	overload overload
}

// Start opens the listeners and begins the registrar's life. The end of ctx
// ends it at once; Stop ends it in good order. The error is a *ListenError when
// a port could not be opened, an *AnnounceError when a multicast group could not.
func Start(ctx context.Context, cfg Config) (*Node, error) {
	n := &Node{cfg: cfg.defaults(), posts: make(chan input, postLimit), awake: make(chan struct{}, 1), done: make(chan struct{})}
	if err := n.open(); err != nil {
		n.close()
		return nil, err
	}
	n.links = make(map[registrar.AssociationID]*link)
	n.replies = make(map[uint64]chan<- registrar.Effect)
	n.life, n.end = context.WithCancelCause(ctx)
	n.growing, n.stopGrowth = context.WithCancel(n.life)
	n.busy.Lock() // for begin
	for port, l := range n.listeners() {
		n.goroutines.Go(func() { n.accept(l, port) })
	}
	for _, g := range n.announcers[registrar.ENRP].groups {
		n.goroutines.Go(func() { n.hear(g) })
	}
	go n.work()
	return n, nil
}

// open makes the listeners and the state machine that names their addresses.
func (n *Node) open() (err error) {
	c := &n.cfg
	if n.asap, err = n.listen(c.Transport, PortASAP, c.ASAP); err != nil {
		return err
	}
	if n.enrp, err = n.listen(c.Transport, PortENRP, c.ENRP); err != nil {
		return err
	}
	c.Registrar.ASAPStream = registrar.Endpoint{}
	if len(c.ASAPStream) > 0 {
		if n.asapStream, err = n.listen(tcp.New(), PortASAPStream, c.ASAPStream); err != nil {
			return err
		}
		if c.Registrar.ASAPStream, err = advertised(n.asapStream, 0); err != nil {
			return err
		}
	}
	if len(c.ASAPTLS) > 0 {
		if n.asapTLS, err = n.listen(c.TLS, PortASAPTLS, c.ASAPTLS); err != nil {
			return err
		}
	}
	if c.Registrar.ASAP, err = advertised(n.asap, c.ASAP[0].UDPPort); err != nil {
		return err
	}
	if c.Registrar.ENRP, err = advertised(n.enrp, c.ENRP[0].UDPPort); err != nil {
		return err
	}
	for _, p := range c.Peers {
		c.Registrar.Peers = append(c.Registrar.Peers, endpointOf(p))
	}
	if err = n.openGroups(); err != nil {
		return err
	}
	n.core, err = registrar.New(c.Registrar)
	return err
}

// close closes the sockets, and with the listeners every association.
func (n *Node) close() {
	for i := range n.announcers {
		n.announcers[i].close()
	}
	for port, l := range n.listeners() {
		if err := l.Close(); err != nil {
			n.cfg.Log.Debug("listener.close", slog.String("port", port), slog.Any("error", err))
		}
	}
}

// listeners are those that are open, by port.
func (n *Node) listeners() map[string]transport.Listener {
	all := map[string]transport.Listener{PortASAP: n.asap, PortENRP: n.enrp, PortASAPStream: n.asapStream, PortASAPTLS: n.asapTLS}
	maps.DeleteFunc(all, func(_ string, l transport.Listener) bool { return l == nil })
	return all
}

// ID is the registrar's server ID.
func (n *Node) ID() wire.ServerID { return n.core.ID() }

// ASAPAddrs lists where PEs and PUs reach the registrar, no wildcard among them.
func (n *Node) ASAPAddrs() []netip.AddrPort { return addrPorts(n.cfg.Registrar.ASAP) }

// ASAPStreamAddrs lists where PUs reach the registrar over TCP, no wildcard among
// them; none where that is off.
func (n *Node) ASAPStreamAddrs() []netip.AddrPort { return addrPorts(n.cfg.Registrar.ASAPStream) }

// ASAPTLSAddrs lists where PUs reach the registrar over TLS, no wildcard among them;
// none where that is off.
func (n *Node) ASAPTLSAddrs() []netip.AddrPort {
	if n.asapTLS == nil {
		return nil
	}
	return n.asapTLS.Addrs()
}

// ENRPAddrs lists where other registrars reach this one, no wildcard among them.
func (n *Node) ENRPAddrs() []netip.AddrPort { return addrPorts(n.cfg.Registrar.ENRP) }

// Ready reports whether the registrar serves: it has its mentor's handle table,
// or is alone, and is not on its way out.
func (n *Node) Ready() bool { return n.ready.Load() }

// Stop ends the registrar in good order: peers are told what there is to tell,
// queued messages are delivered, associations are shut down. After
// Config.DrainTimeout, or when ctx ends, what is left is aborted. It returns
// when nothing of the node is left, with ctx's error if that was the reason.
func (n *Node) Stop(ctx context.Context) error {
	if errors.Is(n.post(ctx, stop{}), ErrStopped) {
		return nil
	}
	select {
	case <-n.done:
		return nil
	case <-ctx.Done():
		n.end(ErrStopped)
		<-n.done
		return ctx.Err()
	}
}

// Done is closed when nothing of the node is left.
func (n *Node) Done() <-chan struct{} { return n.done }

// Err is why the node ended without Stop; nil before Done and after Stop.
func (n *Node) Err() error {
	select {
	case <-n.done:
		return n.err
	default:
		return nil
	}
}
