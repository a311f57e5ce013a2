package view

import (
	"strconv"
	"time"
)

// date gives the day of a moment in UTC. Package time would look for the time zone of
// the place first, and its rules are a hundredth of the page's program.
func date(at time.Time) (year, month, day int) {
	const (
		perYear = 365
		per4    = 4*perYear + 1
		per100  = 25*per4 - 1
		per400  = 4*per100 + 1
		// epoch is the number of 1 January 1970, where 1 March of the year 0 is 0: a
		// year that begins in March ends with the day that leap years have.
		epoch = 719468
	)
	n := floor(at.Unix(), 86400) + epoch
	era := floor(n, per400)
	n -= era * per400
	y := (n - n/(per4-1) + n/per100 - n/(per400-1)) / perYear
	n -= perYear*y + y/4 - y/100
	m := (5*n + 2) / 153
	day = int(n - (153*m+2)/5 + 1)
	year, month = int(y+era*400), int(m+3)
	if month > 12 {
		year, month = year+1, month-12
	}
	return year, month, day
}

// timeOfDay is that of a moment in UTC.
func timeOfDay(at time.Time) (hour, minute, second int) {
	s := int(at.Unix() - floor(at.Unix(), 86400)*86400)
	return s / 3600, s / 60 % 60, s % 60
}

// floor divides towards the past, also before 1970.
func floor(n, by int64) int64 {
	if n < 0 {
		return -((-n + by - 1) / by)
	}
	return n / by
}

// two gives n in two digits at least.
func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// months are how dates name them.
const months = "JanFebMarAprMayJunJulAugSepOctNovDec"
