package view

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The calendar is that of package time, leap years and all.
func TestCalendar(t *testing.T) {
	check := func(t rapid.TB, at time.Time) {
		year, month, day := date(at)
		if y, m, d := at.UTC().Date(); year != y || month != int(m) || day != d {
			t.Fatalf("%v is on %d-%d-%d", at.UTC(), year, month, day)
		}
		hour, minute, second := timeOfDay(at)
		if h, m, s := at.UTC().Clock(); hour != h || minute != m || second != s {
			t.Fatalf("%v is at %d:%d:%d", at.UTC(), hour, minute, second)
		}
	}
	for day := int64(-800_000); day < 800_000; day++ {
		check(t, time.Unix(day*86400, 0))
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "second"), 999_999_999))
	})
}
