package auth

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/BurntSushi/toml"

	"rserpool/registrar"
)

// Add appends an identity to the table in file, and makes the table where there is
// none. k is nil for an identity that certificates prove; ca then is the PEM file
// with their authorities, which becomes the ca_file of a table that has none. What
// stands in the file is kept, the new whole is checked as Load does it, and the
// file is replaced at once or left alone. Two that add at the same time must take
// turns.
func Add(file string, c registrar.Credential, k Key, ca string) error {
	if target, err := filepath.EvalSymlinks(file); err == nil {
		file = target // the link stays one
	}
	text, _, err := readFile(file, maxTable)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	t, _, err := parse(file, string(text))
	if err != nil {
		return err
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	if ca != "" && t.roots == nil {
		head, err := encode(struct {
			CAFile string `toml:"ca_file"`
		}{relative(file, ca)})
		if err != nil {
			return err
		}
		text = append(head, text...) // above all tables, where it is no part of one
	}
	tail, err := encode(struct {
		Identity []entry `toml:"identity"`
	}{[]entry{newEntry(c, k)}})
	if err != nil {
		return err
	}
	if len(text) > 0 {
		text = append(text, '\n')
	}
	text = append(text, tail...)
	if _, _, err := parse(file, string(text)); err != nil {
		return fmt.Errorf("with %s added it would be wrong: %w", c.Name, err)
	}
	return replaceFile(file, text)
}

// relative is how a table names another file: as seen from itself.
func relative(table, file string) string {
	from, err1 := filepath.Abs(filepath.Dir(table))
	to, err2 := filepath.Abs(file)
	if errors.Join(err1, err2) != nil {
		return file
	}
	if rel, err := filepath.Rel(from, to); err == nil {
		return filepath.ToSlash(rel)
	}
	return to
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.Indent = ""
	err := e.Encode(v)
	return b.Bytes(), err
}
