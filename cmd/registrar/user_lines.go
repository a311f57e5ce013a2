package main

import "bytes"

// lineCutter cuts a stream into lines.
type lineCutter struct{ partial []byte }

// cut hands each whole line to each, without its end.
func (l *lineCutter) cut(b []byte, each func([]byte)) {
	for {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		if !whole {
			break
		}
		line = bytes.TrimSuffix(append(l.partial, line...), []byte("\r"))
		each(line)
		l.partial, b = l.partial[:0], rest
	}
	if l.partial = append(l.partial, b...); len(l.partial) > readSize { // no line is that long
		each(l.partial)
		l.partial = nil
	}
}

// drop forgets the beginning of a line that will not be ended.
func (l *lineCutter) drop() { l.partial = l.partial[:0] }
