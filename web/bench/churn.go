package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

const (
	// churners are readers that keep losing their connection, at the latest after
	// longest; every fourth time they have forgotten what they had.
	churners = 8
	longest  = 3 * time.Second
)

// churn lets readers lose their connections, and compares them to the server when its
// elements have come to rest.
func churn(ctx context.Context, o options) error {
	for _, elements := range o.elements {
		s, err := startServer(elements, o.updates)
		if err != nil {
			return err
		}
		err = churnAt(ctx, o, s, elements)
		s.stop()
		if err != nil {
			return fmt.Errorf("%d elements: %w", elements, err)
		}
	}
	return nil
}

func churnAt(ctx context.Context, o options, s *server, elements int) error {
	end := time.Now().Add(o.churn)
	readers, ends := make([]*reader, churners), make(chan error, churners)
	for i := range readers {
		r := &reader{replica: replica.New(), random: rand.New(rand.NewPCG(o.seed, uint64(i)))} //nolint:gosec // small
		readers[i] = r
		go func() { ends <- r.churn(ctx, s.url, end) }()
	}
	var failed error
	for range readers {
		failed = errors.Join(failed, <-ends)
	}
	if failed != nil {
		return failed
	}
	u, err := s.ask("?stop&digest")
	if err != nil {
		return err
	}
	lost, snapshots := 0, 0
	for i, r := range readers {
		if err := r.follow(ctx, s.url, time.Minute, func() bool { return r.whole && r.replica.Sequence().Number == u.Sequence }); err != nil {
			return err
		}
		if digest := hex.EncodeToString(r.replica.Digest(sha256.New())); digest != u.Digest {
			return fmt.Errorf("seed %d: reader %d has digest %s, the server %s", o.seed, i, digest, u.Digest)
		}
		lost, snapshots = lost+r.lost, snapshots+r.snapshots
	}
	fmt.Printf("%d elements, %d updates/s for %v, seed %d: %d readers lost %d connections, took %d snapshots, and all have the digest of the server.\n",
		elements, o.updates, o.churn, o.seed, churners, lost, snapshots)
	return nil
}

// reader follows the feed as the page does.
type reader struct {
	replica         *replica.Replica
	random          *rand.Rand
	whole           bool // what it has can be gone on from
	lost, snapshots int
}

// churn follows until end, and loses the connection on the way.
func (r *reader) churn(ctx context.Context, url string, end time.Time) error {
	for time.Now().Before(end) {
		if err := r.follow(ctx, url, time.Duration(r.random.Int64N(int64(longest))), func() bool { return false }); !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		r.lost++
		if r.random.IntN(4) == 0 {
			r.whole = false
		}
	}
	return nil
}

// follow reads for a time, or until enough is true. Its end by time is
// context.DeadlineExceeded.
func (r *reader) follow(ctx context.Context, url string, d time.Duration, enough func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	after := ""
	if r.whole {
		after = r.replica.Position()
	}
	conn, err := dial(ctx, url, after)
	if err != nil {
		return errors.Join(err, ctx.Err())
	}
	defer func() { _ = conn.CloseNow() }()
	for !enough() {
		frame, at, err := receive(ctx, conn)
		if err != nil {
			return errors.Join(err, ctx.Err())
		}
		if _, err := r.replica.ApplyFrame(frame); err != nil {
			return err
		}
		if r.whole = r.replica.Synced() && at != (feed.Sequence{}); !r.whole {
			continue
		}
		if after == "" {
			r.snapshots++
			after = r.replica.Position()
		}
		if apart := r.replica.Disagrees(); len(apart) > 0 {
			return fmt.Errorf("at %d the checksum of %v is another one", at.Number, apart[0])
		}
	}
	return nil
}
