package feed

import (
	"time"

	"rserpool/registrar/wire"
)

// Time is a Unix time in milliseconds; 0 means "never" or "not known".
type Time int64

// At gives the Time of t; the zero time.Time is 0.
func At(t time.Time) Time {
	if t.IsZero() {
		return 0
	}
	return Time(t.UnixMilli())
}

// Time gives t back, in UTC; 0 is the zero time.Time.
func (t Time) Time() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(t)).UTC()
}

func (t Time) append(w *wire.Writer) { w.Uint64(uint64(t)) }

func readTime(r *wire.Reader) Time { return Time(r.Uint64()) }
