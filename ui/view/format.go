package view

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"rserpool/registrar/wire"
)

// unknown stands for a value that nobody told; a zero is a zero.
const unknown = "–"

// Number gives n with commas between thousands.
func Number(n int) string {
	s := strconv.Itoa(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural gives "1 pool" or "14 pools".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Span gives a duration in its two largest units: "41 s", "4 min 12 s",
// "2 h 14 min", "12 d 4 h". Negative ones are "0 s".
func Span(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	pair := func(big int64, bigUnit string, small int64, smallUnit string) string {
		text := strconv.FormatInt(big, 10) + " " + bigUnit
		if small > 0 {
			text += " " + strconv.FormatInt(small, 10) + " " + smallUnit
		}
		return text
	}
	switch {
	case s < 60:
		return strconv.FormatInt(s, 10) + " s"
	case s < 3600:
		return pair(s/60, "min", s%60, "s")
	case s < 86400:
		return pair(s/3600, "h", s%3600/60, "min")
	default:
		return pair(s/86400, "d", s%86400/3600, "h")
	}
}

// Ago gives how long ago at was, in its largest unit; a zero time is unknown.
func Ago(at, now time.Time) string {
	if at.IsZero() {
		return unknown
	}
	s := int64(max(now.Sub(at), 0) / time.Second)
	unit := " s ago"
	switch {
	case s < 60:
	case s < 3600:
		s, unit = s/60, " min ago"
	case s < 86400:
		s, unit = s/3600, " h ago"
	default:
		s, unit = s/86400, " d ago"
	}
	return strconv.FormatInt(s, 10) + unit
}

// Stamp gives a moment in full, in UTC; a zero time is empty.
func Stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	year, month, day := date(at)
	return strconv.Itoa(day) + " " + months[3*month-3:3*month] + " " + strconv.Itoa(year) + ", " + clock(at)
}

// clock gives the time of day in UTC.
func clock(at time.Time) string {
	if at.IsZero() {
		return unknown
	}
	h, m, s := timeOfDay(at)
	return two(h) + ":" + two(m) + ":" + two(s) + " UTC"
}

// Percent gives a load in units of 1/0xffffffff, to a tenth.
func Percent(load uint32) string {
	tenths := (uint64(load)*1000 + 0x7fffffff) / 0xffffffff
	text := strconv.FormatUint(tenths/10, 10)
	if tenths%10 != 0 {
		text += "." + strconv.FormatUint(tenths%10, 10)
	}
	return text + " %"
}

// Transport gives a transport for people: "sctp 192.0.2.7:7", with "+2" for
// further addresses.
func Transport(t wire.Transport) string {
	if !t.Present() {
		return unknown
	}
	if t.Type == wire.TypeOpaqueTransport {
		return "opaque, " + plural(len(t.Opaque), "byte", "bytes")
	}
	return protocol(t.Type) + " " + endpoint(t)
}

// endpoint gives the first address and port of a transport.
func endpoint(t wire.Transport) string {
	if len(t.Addresses) == 0 {
		return unknown
	}
	text := netip.AddrPortFrom(t.Addresses[0], t.Port).String()
	if more := len(t.Addresses) - 1; more > 0 {
		text += " +" + strconv.Itoa(more)
	}
	return text
}

// endpoints gives all addresses of a transport, for a tooltip.
func endpoints(t wire.Transport) string {
	var list []string
	for _, a := range t.Addresses {
		list = append(list, netip.AddrPortFrom(a, t.Port).String())
	}
	return strings.Join(list, ", ")
}

func protocol(t wire.ParameterType) string {
	switch t {
	case wire.TypeDCCPTransport:
		return "dccp"
	case wire.TypeSCTPTransport:
		return "sctp"
	case wire.TypeTCPTransport:
		return "tcp"
	case wire.TypeUDPTransport:
		return "udp"
	case wire.TypeUDPLiteTransport:
		return "udp-lite"
	case wire.TypeOpaqueTransport:
		return "opaque"
	default:
		return t.String()
	}
}

func use(u wire.TransportUse) string {
	if u == wire.DataAndControl {
		return "data and control"
	}
	return "data only"
}
