package auth

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"rserpool/registrar/wire"
)

// reader takes values out of a decoded file.
type reader struct{ meta *toml.MetaData }

// field is a key of an entry: where its value goes, and what value is wanted.
type field struct {
	into func(*entry) any
	want string
}

var fields = map[string]field{
	"name":     {func(e *entry) any { return &e.Name }, `a text such as "pe:echo1"`},
	"role":     {func(e *entry) any { return &e.Role }, `"registrar", "pe" or "pu"`},
	"id":       {func(e *entry) any { return &e.ID }, `an ID such as "0x0000000a"`},
	"key":      {func(e *entry) any { return &e.Key }, "a text in hexadecimal digits or base64"},
	"key_file": {func(e *entry) any { return &e.KeyFile }, "the name of a file, as a text"},
	"pools":    {func(e *entry) any { return &e.Pools }, `a list of pool handles such as ["EchoPool"], or ["*"]`},
	"elements": {func(e *entry) any { return &e.Elements }, `a list of IDs such as ["0x5ee4a0c1"]`},
}

// entry fills an entry with values. On an error its name is there, if it has one.
func (r reader) entry(values map[string]toml.Primitive) (e entry, err error) {
	keys := slices.Sorted(maps.Keys(values))
	for _, key := range keys {
		f, known := fields[key]
		switch {
		case !known:
			err = errors.Join(err, r.unknown(key, values[key], strings.Join(slices.Sorted(maps.Keys(fields)), ", ")))
		case r.meta.PrimitiveDecode(values[key], f.into(&e)) != nil:
			err = errors.Join(err, fmt.Errorf("%s: want %s", key, f.want))
		}
	}
	return e, err
}

// unknown refuses a key, with the line it is in.
func (r reader) unknown(key string, p toml.Primitive, known string) error {
	return fmt.Errorf("line %d: unknown key %q; want %s", r.line(p), key, known)
}

// line is where a value is: the library tells it in errors only. Of values with
// the same place in several tables it is the last.
func (r reader) line(p toml.Primitive) int {
	at, _ := errors.AsType[toml.ParseError](r.meta.PrimitiveDecode(p, refusal{}))
	return at.Position.Line
}

// refusal is a value that takes nothing.
type refusal struct{}

func (refusal) UnmarshalTOML(any) error { return errors.ErrUnsupported }

// number is an ID, written as a text or as a number of TOML.
type number uint32

// UnmarshalTOML reads the ID.
func (n *number) UnmarshalTOML(value any) error {
	id, err := wire.ParseID(fmt.Sprint(value))
	if err == nil && id == 0 {
		err = errors.New("0 is nobody's ID")
	}
	*n = number(id)
	return err
}

// MarshalText writes the ID as it is written everywhere.
func (n number) MarshalText() ([]byte, error) { return []byte(wire.ServerID(n).String()), nil }
