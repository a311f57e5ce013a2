package main

import (
	"errors"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/pflag"
)

// The annotations of a flag that say where its value came from: in a few words, and
// in front of an error about it.
const (
	sourceNote = "source"
	placeNote  = "place"
)

func tellSource(flags *pflag.FlagSet, name, source, place string) error {
	return errors.Join(flags.SetAnnotation(name, sourceNote, []string{source}), flags.SetAnnotation(name, placeNote, []string{place}))
}

// fromFlag is the source of what the command line says.
const fromFlag = "flag"

// sourceOf says where the value of a flag came from.
func sourceOf(f *pflag.Flag) string {
	if s := f.Annotations[sourceNote]; len(s) > 0 {
		return s[0]
	}
	if f.Changed {
		return fromFlag
	}
	return "default"
}

// placed says of every setting that err is about where it is set, where that is not
// the command line: file and line, or the environment variable.
func placed(flags *pflag.FlagSet, err error) error {
	if err == nil {
		return nil
	}
	lines := strings.Split(err.Error(), "\n")
	known := false
	for i, line := range lines {
		name, about := strings.CutPrefix(line, "--")
		if end := strings.IndexAny(name, " :"); end >= 0 {
			name = name[:end]
		}
		f := flags.Lookup(name)
		if !about || f == nil {
			continue
		}
		if place := f.Annotations[placeNote]; len(place) > 0 && place[0] != "" {
			lines[i] = place[0] + ": " + line
			known = true
		}
	}
	if !known {
		return err
	}
	return &placedError{strings.Join(lines, "\n"), err}
}

type placedError struct {
	text string
	err  error
}

func (e *placedError) Error() string { return e.text }
func (e *placedError) Unwrap() error { return e.err }

// setting makes toml report errors of a key's use with the line of the key.
type setting func(value any) error

func (s setting) UnmarshalTOML(value any) error { return s(value) }

// lineOf is where a value is: the library tells it in errors only.
func lineOf(meta toml.MetaData, p toml.Primitive) int {
	refuse := setting(func(any) error { return errors.ErrUnsupported })
	at, _ := errors.AsType[toml.ParseError](meta.PrimitiveDecode(p, refuse))
	return at.Position.Line
}
