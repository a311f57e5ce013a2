package view

import (
	"slices"
	"strconv"
	"strings"

	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

const (
	// lineBytes is how many bytes one line shows, half of them before a gap.
	lineBytes = 16
	// maxLines is how many lines are shown: 1 KiB around the chosen field.
	maxLines = 64
	// HexParts is into how many parts of different looks a line can fall.
	HexParts = 8
)

// HexLine is 16 bytes of a message: in hex, and as ASCII.
type HexLine struct {
	At    int
	Parts [HexParts]HexPart
}

// HexPart is a run of bytes that look the same.
type HexPart struct{ Class, Hex, ASCII string }

// Offset is the first byte's.
func (l HexLine) Offset() string {
	text := strconv.FormatInt(int64(l.At), 16)
	return "0000"[min(len(text), 4):] + text
}

// Key is the offset.
func (l HexLine) Key() string { return strconv.Itoa(l.At) }

// Slots gives the values of the line.
func (l HexLine) Slots(set Set) {
	set("offset", l.Offset())
	for i, p := range l.Parts {
		n := strconv.Itoa(i)
		set("class"+n, p.Class)
		set("hex"+n, p.Hex)
		set("ascii"+n, p.ASCII)
	}
}

// hexLines shows the bytes around the chosen field, with the lit one and what
// contains it.
func hexLines(b []byte, fields []field, lit, chosen int) []HexLine {
	on, in := fields[lit], field{}
	if up := on.up; up > 0 {
		in = fields[up]
	}
	if lit == 0 {
		on = field{} // all of it needs no light
	}
	var odd []field
	for _, f := range fields {
		if f.odd {
			odd = append(odd, f)
		}
	}
	class := func(i int) string {
		text := ""
		switch {
		case on.at <= i && i < on.at+on.size:
			text = "on"
		case in.at <= i && i < in.at+in.size:
			text = "in"
		}
		if slices.ContainsFunc(odd, func(f field) bool { return f.at <= i && i < f.at+f.size }) {
			text = strings.TrimSpace(text + " odd")
		}
		return text
	}
	first := 0
	if all := (len(b) + lineBytes - 1) / lineBytes; all > maxLines {
		first = max(0, min(fields[chosen].at/lineBytes-4, all-maxLines))
	}
	var lines []HexLine
	for at := first * lineBytes; at < len(b) && len(lines) < maxLines; at += lineBytes {
		lines = append(lines, hexLine(b, at, class))
	}
	return lines
}

func hexLine(b []byte, at int, class func(int) string) HexLine {
	l := HexLine{At: at}
	part := 0
	for i := at; i < min(at+lineBytes, len(b)); i++ {
		c := class(i)
		gap := ""
		if i > at {
			gap = " "
			if i-at == lineBytes/2 {
				gap = "  "
			}
			if c != l.Parts[part].Class && part < HexParts-1 {
				// The gap belongs to what is less lit.
				if light(l.Parts[part].Class) <= light(c) {
					l.Parts[part].Hex += gap
					gap = ""
				}
				part++
				l.Parts[part].Class = c
			}
		} else {
			l.Parts[0].Class = c
		}
		l.Parts[part].Hex += gap + wire.Hex(b[i:i+1])
		l.Parts[part].ASCII += ascii(b[i])
	}
	return l
}

func light(class string) int {
	switch {
	case strings.HasPrefix(class, "on"):
		return 2
	case class != "":
		return 1
	default:
		return 0
	}
}

func ascii(c byte) string {
	if c < ' ' || c > '~' {
		return "·"
	}
	return string(rune(c))
}

// FieldAt is the place in the tree of the innermost field of the chosen message that
// has the byte at a column of a line: a character of its hex, or of its ASCII.
func FieldAt(r *replica.Replica, number uint64, line, column int, isASCII bool) (index int, ok bool) {
	for _, m := range r.Captured() {
		if m.Number != number {
			continue
		}
		if !isASCII {
			if column >= 3*lineBytes/2 {
				column-- // the gap
			}
			column /= 3
		}
		offset := line + max(0, min(column, lineBytes-1))
		if offset >= len(m.Data) {
			return 0, false
		}
		res, _ := described(m)
		fields, _ := fieldsOf(res, m, r.Self())
		return innermost(fields, offset), true
	}
	return 0, false
}
