package inspect_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/inspect"
	"rserpool/registrar/wire"
)

// vector is a line of testdata/vectors.jsonl; conformance section 0 explains it.
type vector struct {
	Name, Proto, Hex string
	Fields           map[string]any
}

func (v vector) bytes(t testing.TB) []byte { return unhex(t, v.Hex) }

// str gives a field that is a text, "" if it is not there.
func (v vector) str(key string) string { s, _ := v.Fields[key].(string); return s }

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lines decodes a file with one JSON object a line.
func lines[T any](t testing.TB, file string) (list []T) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(bytes.NewReader(b))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var v T
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list = append(list, v)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

func vectors(t testing.TB) []vector { return lines[vector](t, "testdata/vectors.jsonl") }

// asJSON turns the tree into what encoding/json makes of its JSON form.
func asJSON(t testing.TB, n inspect.Node) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(n.AppendJSON(nil), &v); err != nil {
		t.Fatalf("%s: %v", n.AppendJSON(nil), err)
	}
	return v
}

// Every line of the vector file: class, fields, re-encoding, answers, checksum.
// PAR-2-01 PAR-2-02 PAR-3-01 PAR-3-02 PAR-3.4-01 PAR-3.10-01 PAR-3.12-01 PAR-4-01 ENRP-3.6.2-01 ENRP-3.6.2-02 ENRP-3.6.2-03
func TestVectors(t *testing.T) {
	byName := make(map[string]vector)
	for _, v := range vectors(t) {
		byName[v.Name] = v
		t.Run(v.Name, func(t *testing.T) { checkVector(t, v, byName) })
	}
	if len(byName) != 82 {
		t.Errorf("have %d vectors, want 82: the file is not complete", len(byName))
	}
}

// aboutReaction are the keys of fields that do not describe the message.
var aboutReaction = map[string]bool{
	"decode": true, "reencode": true, "reaction": true, "reply_hex": true, "reply_param_hex": true,
	"note": true, "equal_to": true, "pes": true, "blocks_hex": true,
}

func checkVector(t *testing.T, v vector, earlier map[string]vector) {
	b := v.bytes(t)
	r := inspect.Describe(v.Proto, b)
	if want := v.str("decode"); want != "" && r.Class.String() != want {
		t.Errorf("class %s (%s), want %s", r.Class, r.Problem, want)
	}
	if (r.Class == wire.OK) != (r.Problem == "") {
		t.Errorf("class %s with problem %q", r.Class, r.Problem)
	}
	got := asJSON(t, r.Message).(map[string]any)
	for key, want := range v.Fields {
		if aboutReaction[key] {
			continue
		}
		if diff := cmp.Diff(want, got[key]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	if v.Fields["reencode"] == true && !bytes.Equal(r.Reencoded, b) {
		t.Errorf("re-encoded\n%x, want\n%x", r.Reencoded, b)
	}
	if v.Proto != inspect.Checksum && (r.Class == wire.OK) != (r.Reencoded != nil) {
		t.Errorf("class %s with re-encoding %x", r.Class, r.Reencoded)
	}
	if got, want := hex.EncodeToString(r.Reply), v.str("reply_hex"); got != want {
		t.Errorf("reply %s, want %s", got, want)
	}
	if got, want := hex.EncodeToString(r.ReplyParam), v.str("reply_param_hex"); got != want {
		t.Errorf("reply parameter %s, want %s", got, want)
	}
	if other := v.str("equal_to"); other != "" && earlier[other].str("checksum") != r.Checksum.String() {
		t.Errorf("checksum %s, want that of %s", r.Checksum, other)
	}
}

// A message cut anywhere is broken or lacks only its final padding, and never
// does harm. PAR-3-10 PAR-4-02 PAR-4-07 SEC-28
func TestTruncated(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Proto == inspect.Checksum {
			continue
		}
		whole := v.bytes(t)
		want := inspect.Describe(v.Proto, whole).Class
		for n := range whole {
			r := inspect.Describe(v.Proto, whole[:n])
			paddingOnly := len(whole) >= 4 && n >= 4 && n >= int(whole[2])<<8|int(whole[3])
			switch {
			case paddingOnly && r.Class != want:
				t.Errorf("%s without %d bytes of padding: %s, want %s", v.Name, len(whole)-n, r.Class, want)
			case !paddingOnly && r.Class != wire.Malformed:
				t.Errorf("%s cut to %d bytes: %s, want %s", v.Name, n, r.Class, wire.Malformed)
			}
			asJSON(t, r.Message)
		}
	}
}

// Padding of any content reads like zeros. PAR-3-03
func TestPaddingIgnored(t *testing.T) {
	for _, v := range vectors(t) {
		b := v.bytes(t)
		if v.Fields["reencode"] != true || len(b) < 4 {
			continue
		}
		n := int(b[2])<<8 | int(b[3])
		for i := n; i < len(b); i++ {
			b[i] = 0xff
		}
		r := inspect.Describe(v.Proto, b)
		if r.Class != wire.OK || hex.EncodeToString(r.Reencoded) != v.Hex {
			t.Errorf("%s with 0xff as padding: %s, re-encoded %x", v.Name, r.Class, r.Reencoded)
		}
	}
}
