package auth

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"rserpool/registrar/wire"
)

// maxTable is more than a hundred thousand identities.
const maxTable = 32 << 20

// Load reads a table of identities:
//
//	ca_file = "ca.pem"            # authorities for certificates; paths are relative to this file
//	[[identity]]
//	name = "registrar:0x0000000a" # what is proven
//	role = "registrar"            # registrar, pe or pu
//	id = "0x0000000a"             # registrars: the only server ID they speak as
//	key = "…"                     # hexadecimal or base64, 16 bytes or more; none for certificates
//	[[identity]]
//	name = "pe:echo1"
//	role = "pe"
//	pools = ["EchoPool"]          # "*" is any pool
//	elements = ["0x5ee4a0c1"]     # the identifiers it may have; any without it
//	key_file = "pe-echo1.key"     # instead of key: the first line of that file
//
// Pool handles that are no text are written as for commands, b64. and base64url. An
// error names the file, the line or the identity, and what is expected there.
func Load(file string) (*Table, error) {
	text, private, err := readFile(file, maxTable)
	if err != nil {
		return nil, err
	}
	t, keys, err := parse(file, string(text))
	if err != nil {
		return nil, err
	}
	if keys && !private {
		return nil, exposed(file)
	}
	return t, nil
}

// parse reads the text of a table. keys reports whether there are keys in the text
// itself.
func parse(file, text string) (t *Table, keys bool, err error) {
	t = &Table{file: file, holders: make(map[string]holder), registrars: make(map[wire.ServerID]string)}
	defer func() {
		if err != nil {
			t, err = nil, fmt.Errorf("%s: %w", file, err)
		}
	}()
	var top map[string]toml.Primitive
	meta, err := toml.Decode(text, &top)
	if err != nil {
		return t, false, syntaxError(err, text)
	}
	r := reader{&meta}
	for _, key := range slices.Sorted(maps.Keys(top)) {
		switch key {
		case "ca_file":
			err = t.loadRoots(r, top[key])
		case "identity":
			keys, err = t.loadIdentities(r, top[key])
		default:
			err = r.unknown(key, top[key], "ca_file and [[identity]]")
		}
		if err != nil {
			return t, keys, err
		}
	}
	return t, keys, nil
}

func (t *Table) loadRoots(r reader, p toml.Primitive) error {
	var name string
	if r.meta.PrimitiveDecode(p, &name) != nil || name == "" {
		return fmt.Errorf("line %d: ca_file: want the name of a PEM file in quotation marks", r.line(p))
	}
	var err error
	if t.roots, err = LoadRoots(t.beside(name)); err != nil {
		return fmt.Errorf("ca_file: %w", err)
	}
	return nil
}

// beside is where a file named in the table is.
func (t *Table) beside(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(t.file), name)
}

func (t *Table) loadIdentities(r reader, p toml.Primitive) (keys bool, err error) {
	var list []map[string]toml.Primitive
	if r.meta.PrimitiveDecode(p, &list) != nil {
		return false, fmt.Errorf("line %d: want tables with [[identity]] above each", r.line(p))
	}
	for n, values := range list {
		e, err := r.entry(values)
		if err == nil {
			keys = keys || e.Key != ""
			err = t.add(e)
		}
		if err != nil {
			return keys, fmt.Errorf("identity %d%s: %w", n+1, e.called(), err)
		}
	}
	return keys, nil
}

// add takes an identity whose name, and as registrar whose ID, is new.
func (t *Table) add(e entry) error {
	i, err := e.holder(t.beside)
	if err != nil {
		return err
	}
	c := i.credential
	if _, known := t.holders[c.Name]; known {
		return errors.New("there is an identity of this name above; want each name once")
	}
	if c.Server != 0 {
		if other, known := t.registrars[c.Server]; known {
			return fmt.Errorf("id %v is that of %s above; want each registrar with an id of its own", c.Server, other)
		}
		t.registrars[c.Server] = c.Name
	}
	t.holders[c.Name] = i
	t.keyed = t.keyed || i.key != nil
	return nil
}

// syntaxError says where a text is no TOML. What the library says of a line may
// repeat it, and there may be a key in it.
func syntaxError(err error, text string) error {
	at, ok := errors.AsType[toml.ParseError](err)
	if !ok {
		return errors.New("want TOML")
	}
	line := at.Position.Line
	what := at.Message
	if lines := strings.Split(text, "\n"); line < 1 || line > len(lines) || strings.Contains(lines[line-1], "key") {
		what = `want key = "…" with the key in quotation marks, or another line of TOML; it is not shown here`
	}
	return fmt.Errorf("line %d: %s", line, what)
}
