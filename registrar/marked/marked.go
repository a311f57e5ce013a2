// Package marked reads and writes the sections of a Markdown file that a program
// makes: each stands between a line <!-- NAME:begin --> and a line <!-- NAME:end -->.
package marked

import (
	"fmt"
	"os"
	"strings"
)

// Read gives the text of the section, without empty lines around it. The error says
// what the file lacks.
func Read(file, name string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	_, section, _, err := cut(string(data), name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return strings.Trim(section, "\n"), nil
}

// Write replaces the text of the section, and leaves the rest of the file alone.
func Write(file, name, text string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, _, after, err := cut(string(data), name)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(before+"\n"+strings.Trim(text, "\n")+"\n\n"+after), 0o644)
}

// cut divides a text into the section and what is around it, with the marker lines.
func cut(text, name string) (before, section, after string, err error) {
	beginLine, endLine := "<!-- "+name+":begin -->", "<!-- "+name+":end -->"
	begin, end, begins, ends, at := 0, 0, 0, 0, 0
	for line := range strings.Lines(text) {
		switch strings.TrimSpace(line) {
		case beginLine:
			begins++
			begin = at + len(line)
		case endLine:
			ends++
			end = at
		}
		at += len(line)
	}
	if begins != 1 || ends != 1 || end < begin {
		return "", "", "", fmt.Errorf("expected one line %q and below it one line %q, found %d and %d: put them where the section belongs",
			beginLine, endLine, begins, ends)
	}
	return text[:begin], text[begin:end], text[end:], nil
}
