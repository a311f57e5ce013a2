//go:build linux && !386

package kernel

import (
	"context"
	"fmt"

	"rserpool/registrar/transport"
)

// reader is the state of association.read.
type reader struct {
	message reassembly
	// late is what take leaves to catchUp, in order: the first notification, or the first
	// message that the inbox has no room for, and what came behind it.
	late    []arrival
	fresh   []transport.Message // of the pieces that take handles
	notices notices
	// over: nothing is to be read any more.
	over bool
}

// arrival is a message, or a notification where its data is empty.
type arrival struct {
	message      transport.Message
	notification notification
}

// read moves messages to the inbox until the association ends.
func (a *association) read() {
	defer a.in.End()
	r := &a.reader
	var err error
	for {
		for len(r.late) > 0 && !r.over {
			a.catchUp()
		}
		switch {
		case r.over:
			return
		case err != nil:
			a.lost(err, "")
			return
		}
		err = a.conn.receive(a.take)
	}
}

// take handles what one system call has read, and reports whether more may be read.
// It does not end the association: a socket that is being read cannot be closed.
func (a *association) take(pieces []piece) bool {
	r := &a.reader
	for _, p := range pieces {
		next, ok := a.arrived(p)
		switch {
		case !ok:
		case len(r.late) > 0 || len(next.message.Data) == 0:
			r.late = append(r.late, next)
		default:
			r.fresh = append(r.fresh, next.message)
		}
	}
	if len(r.fresh) > 0 {
		a.hand()
	}
	return len(r.late) == 0
}

// hand hands what is fresh to the inbox; what that has no room for is late, before all
// that is already.
func (a *association) hand() {
	r := &a.reader
	put := a.in.TryPutAll(r.fresh)
	if put < len(r.fresh) {
		late := make([]arrival, 0, len(r.fresh)-put+len(r.late))
		for _, m := range r.fresh[put:] {
			late = append(late, arrival{message: m})
		}
		r.late = append(late, r.late...)
	}
	if put > 0 && !a.in.Tapped() {
		a.conn.woke()
	}
	clear(r.fresh) // let go of the data
	r.fresh = r.fresh[:0]
}

// arrived is what p completes, if anything.
func (a *association) arrived(p piece) (next arrival, ok bool) {
	r := &a.reader
	if p.notification {
		if !r.notices.begins(p) {
			return next, false
		}
		next.notification = parseNotification(p.data)
		if e := next.notification.event; e == eventTorn || e == eventRestart {
			r.message.drop() // what comes behind is another message
		}
		return next, true
	}
	m, complete, ok := r.message.add(p)
	if !ok {
		next.notification.event = eventTooLong
		return next, true
	}
	next.message = m
	return next, complete
}

// catchUp handles late arrivals, up to the first notification or behind it.
func (a *association) catchUp() {
	r := &a.reader
	if next := r.late[0]; len(next.message.Data) == 0 {
		r.late = r.late[1:]
		a.handle(next.notification)
		return
	}
	a.stall()
}

// stall waits for room in the inbox for the messages that are late. Nothing is read
// meanwhile, but that the kernel has the association no more is noticed.
func (a *association) stall() {
	r := &a.reader
	put := make(chan struct{})
	rest := make(chan []arrival, 1)
	go func() {
		defer close(put)
		late := r.late
		for len(late) > 0 && len(late[0].message.Data) > 0 && a.in.Put(context.Background(), late[0].message) == nil {
			late = late[1:]
		}
		rest <- late
		a.conn.wake()
	}()
	if a.conn.awaitEnd() {
		a.in.Flush() // one window at most is still to come
	}
	<-put
	a.conn.rearm()
	r.late = <-rest
}

// handle is what a notification makes of the association.
func (a *association) handle(n notification) {
	switch n.event {
	case eventShutdown:
		a.startClosing(transport.ErrShutdown)
	case eventDown:
		a.reader.over = true
		a.startClosing(transport.ErrShutdown)
		a.end(a.unsendable())
	case eventLost, eventFailed:
		a.reader.over = true
		a.lost(a.conn.failure(), n.reason)
	case eventRestart:
		a.reader.over = true
		if a.endWith(fmt.Errorf("%w: %w", transport.ErrAborted, errRestart)) {
			a.listener.restarted(a)
		}
	case eventTooLong:
		a.violated(errTooLong)
	case eventOther, eventUp, eventTorn:
	}
}
