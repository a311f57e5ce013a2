package main

import (
	"bytes"
	"fmt"
	"time"
)

// ar is an archive of the old kind, as .deb is one: after a magic line each member
// has a header of 60 characters, and begins at an even offset.
func ar(members tree, date time.Time) []byte {
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	for _, m := range members {
		// name, time, owner, group, mode in octal, size
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", m.name, date.Unix(), 0, 0, 0o100000|m.mode, len(m.data))
		b.Write(m.data)
		if len(m.data)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}
