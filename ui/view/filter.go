package view

import (
	"slices"
	"strconv"
	"strings"
)

// filter is what the user typed: words that all have to fit. A word is free
// text, or key:value, key!=value, key>number, key<number. A value may end in *.
type filter struct {
	terms []term
	// fault says what is wrong with it; such a filter lets everything pass.
	fault string
}

type term struct {
	key, op, value string
	number         int
}

// parseFilter reads text; only the given keys are known.
func parseFilter(text string, keys ...string) filter {
	var f filter
	for word := range strings.FieldsSeq(text) {
		t := term{value: strings.ToLower(word)}
		for _, op := range []string{"!=", ":", ">", "<"} {
			key, value, ok := strings.Cut(word, op)
			if !ok || !isWord(key) {
				continue
			}
			t = term{key: strings.ToLower(key), op: op, value: strings.ToLower(value)}
			break
		}
		if t.key != "" && !slices.Contains(keys, t.key) {
			return filter{fault: "No " + t.key + " here. Known: " + strings.Join(keys, ", ") + "."}
		}
		if t.op == ">" || t.op == "<" {
			n, err := strconv.Atoi(t.value)
			if err != nil {
				return filter{fault: "Want a number behind " + t.key + t.op + "."}
			}
			t.number = n
		}
		f.terms = append(f.terms, t)
	}
	return f
}

func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
}

// fact is one value of a row under a key; free text looks into those marked so.
type fact struct {
	key, text string
	free      bool
}

// facts are those of one row.
type facts []fact

func (f *facts) add(key, text string, free bool) { *f = append(*f, fact{key, text, free}) }

// wants reports whether facts under the key matter to the filter; free says that
// free text looks into them.
func (f filter) wants(key string, free bool) bool {
	return slices.ContainsFunc(f.terms, func(t term) bool { return t.key == key || free && t.key == "" })
}

func (f filter) match(facts []fact) bool {
	for _, t := range f.terms {
		if !t.match(facts) {
			return false
		}
	}
	return true
}

func (t term) match(facts []fact) bool {
	if t.op == "!=" {
		return !slices.ContainsFunc(facts, func(f fact) bool { return f.key == t.key && t.equals(f.text) })
	}
	return slices.ContainsFunc(facts, func(f fact) bool {
		switch {
		case t.key == "":
			return f.free && strings.Contains(fold(f.text), t.value)
		case f.key != t.key:
			return false
		case t.op == ":":
			return t.equals(f.text)
		}
		n, err := strconv.Atoi(f.text)
		return err == nil && (t.op == ">" && n > t.number || t.op == "<" && n < t.number)
	})
}

// equals compares with the value, of which a star at the end stands for any text.
func (t term) equals(text string) bool {
	if start, ok := strings.CutSuffix(t.value, "*"); ok {
		return strings.HasPrefix(fold(text), start)
	}
	return fold(text) == t.value
}

func fold(s string) string { return strings.ToLower(s) }
