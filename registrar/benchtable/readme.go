package main

import (
	"fmt"
	"os"
	"strings"
)

// The lines between which the tables stand.
const (
	beginMarker = "<!-- bench:begin -->"
	endMarker   = "<!-- bench:end -->"
)

// readSection gives what a file has before and behind its section, with the
// marker lines.
func readSection(file string) (before, after string, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", "", err
	}
	if before, after, err = cutSection(string(data)); err != nil {
		return "", "", fmt.Errorf("%s: %w", file, err)
	}
	return before, after, nil
}

// writeSection replaces what is between the marker lines of a file.
func writeSection(file, section string) error {
	before, after, err := readSection(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(before+"\n"+section+"\n"+after), 0o644)
}

// cutSection is readSection for a text.
func cutSection(text string) (before, after string, err error) {
	begin, end, begins, ends, at := 0, 0, 0, 0, 0
	for line := range strings.Lines(text) {
		switch strings.TrimSpace(line) {
		case beginMarker:
			begins++
			begin = at + len(line)
		case endMarker:
			ends++
			end = at
		}
		at += len(line)
	}
	if begins != 1 || ends != 1 || end < begin {
		return "", "", fmt.Errorf("expected one line %q and below it one line %q, found %d and %d: put them where the tables belong",
			beginMarker, endMarker, begins, ends)
	}
	return text[:begin], text[end:], nil
}
