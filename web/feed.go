package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rserpool/registrar/feed"
)

// feed serves one WebSocket: a snapshot, or what has changed since the client was
// here last, then changes, until either end goes.
func (s *server) feed(w http.ResponseWriter, r *http.Request) {
	q, ok := s.Hub.join(readPosition(r.URL.Query().Get("after")))
	if !ok {
		problem(w, http.StatusServiceUnavailable, "No feed", "This registrar is stopping, or serves as many feeds as it does at once (--max-feed-clients).")
		return
	}
	defer s.Hub.leave(q)
	if wantsStream(r) {
		s.stream(w, r, q)
		return
	}
	conn, err := accept(w, r)
	if err != nil {
		s.Log.Debug("feed.refused", slog.String("client", r.RemoteAddr), slog.Any("error", err))
		return
	}
	if !conn.agreed() {
		conn.refuse("speak " + subprotocol)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	acks := make(chan struct{}, credit)
	go func() {
		defer cancel()
		s.listen(ctx, conn, q, acks)
	}()
	s.follow(ctx, conn, q, acks, credit)
	conn.close()
}

// listen passes on one ack for each frame that the client has applied, and what
// the client wants; it ends with the connection, or where the client says anything
// else.
func (s *server) listen(ctx context.Context, conn *socket, q *queue, acks chan<- struct{}) {
	for {
		b, err := conn.read(ctx)
		if err != nil {
			return
		}
		list, err := feed.Parse(b)
		if err != nil || len(list) != 1 {
			conn.refuse("expected one Applied or Want message")
			return
		}
		switch m := list[0].(type) {
		case feed.Want:
			s.Hub.want(q, m)
		case feed.Applied:
			select {
			case acks <- struct{}{}:
			default:
				conn.refuse("more Applied messages than frames")
				return
			}
		default:
			conn.refuse("expected one Applied or Want message")
			return
		}
	}
}

// follow sends what the queue holds, at the pace and within the credit, until
// the client or the hub is gone, or the client is too slow.
func (s *server) follow(ctx context.Context, conn sink, q *queue, acks <-chan struct{}, free int) {
	for {
		select {
		case <-q.ready:
		case <-time.After(beat):
		case <-ctx.Done():
			return
		case <-s.Hub.closed:
			goodbye(ctx, conn, "The registrar is stopping.")
			return
		}
		for more := true; more; {
			for ; free == 0 || len(acks) > 0; free++ {
				select {
				case <-acks:
				case <-ctx.Done():
					return
				case <-s.Hub.closed:
					goodbye(ctx, conn, "The registrar is stopping.")
					return
				}
			}
			free--
			var frame []byte // taken only now: what has to wait is merged
			frame, more = s.Hub.take(q, s.Now())
			if err := send(ctx, conn, frame); err != nil {
				return
			}
		}
		select {
		case <-time.After(pace):
		case <-ctx.Done():
			return
		}
	}
}

// sink is where frames go.
type sink interface {
	// write sends one frame; when ctx ends first, the connection is of no use any
	// more.
	write(ctx context.Context, b []byte) error
}

// readPosition reads "EPOCH.SEQUENCE", what a client has applied to its end;
// anything else is no position.
func readPosition(text string) position {
	epoch, sequence, _ := strings.Cut(text, ".")
	var p position
	var err [2]error
	p.epoch, err[0] = strconv.ParseUint(epoch, 10, 64)
	p.sequence, err[1] = strconv.ParseUint(sequence, 10, 64)
	if errors.Join(err[:]...) != nil {
		return position{}
	}
	return p
}

// goodbye tells the reason in-band: browsers hide close codes.
func goodbye(ctx context.Context, conn sink, reason string) {
	if b, err := feed.Append(nil, feed.Goodbye{Reason: reason}); err == nil {
		_ = send(ctx, conn, b) // the client may be gone as well
	}
}

func send(ctx context.Context, conn sink, b []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return conn.write(ctx, b)
}
