package enrp_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
	"rserpool/registrar/wire/wiretest"
)

// seeds adds one message of each type, the vectors and what was captured.
func seeds(f *testing.F) {
	for _, m := range oneOfEach {
		b, err := enrp.Append(nil, m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	files, err := filepath.Glob("../inspect/testdata/captures/*probes.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "../inspect/testdata/vectors.jsonl") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
			var v struct{ Proto, Hex string }
			if err := json.Unmarshal(s.Bytes(), &v); err != nil {
				f.Fatal(err)
			}
			if b, err := hex.DecodeString(v.Hex); err != nil {
				f.Fatal(err)
			} else if v.Proto == "enrp" {
				f.Add(b)
			}
		}
	}
}

// FuzzParse: no bytes do harm or take much memory, and what is understood means the
// same after it was encoded again. SEC-28
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		wiretest.Bounded(t, len(b), 128, func() {
			d, _ := enrp.Parse(b)
			d.Reply(1)
		})
		d, err := enrp.Parse(b)
		if n := len(d.Unknown) + len(d.Reports); n > len(b)/2 {
			t.Errorf("%d findings in %d bytes", n, len(b))
		}
		if reply := d.Reply(1); reply != nil {
			if r, err := enrp.Parse(reply); err != nil || enrp.MessageType(r.Type) != enrp.TypeError {
				t.Errorf("the reply %x does not parse: %v", reply, err)
			}
		}
		if err != nil {
			if wire.ClassOf(err) == wire.OK || err.Error() == "" {
				t.Errorf("error %v of class OK", err)
			}
			return
		}
		again, err := enrp.Append(nil, d.Message)
		if err != nil {
			t.Fatalf("cannot encode what was decoded: %v", err)
		}
		d2, err := enrp.Parse(again)
		if diff := cmp.Diff(d.Message, d2.Message, equal); diff != "" || err != nil {
			t.Errorf("%v (-first +second):\n%s", err, diff)
		}
	})
}
