package asap_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
	"rserpool/registrar/wire/wiretest"
)

// sameAsParse decodes b with d, which may have been used, and with Parse.
func sameAsParse(t rapid.TB, d *asap.Decoder, b []byte) {
	t.Helper()
	want, wantErr := asap.Parse(b)
	got, gotErr := d.Decode(b)
	if gotErr == nil {
		first, err := asap.Append(nil, want.Message)
		second, err2 := asap.Append(nil, got.Message)
		if !bytes.Equal(first, second) || err != nil || err2 != nil {
			t.Errorf("%x: encoded again %x, %v, through its pointer %x, %v", b, first, err, second, err2)
		}
	}
	if got.Message != nil {
		got.Message = reflect.ValueOf(got.Message).Elem().Interface().(asap.Message)
	}
	if diff := cmp.Diff(want, got, equal); diff != "" {
		t.Errorf("%x (-Parse +Decode):\n%s", b, diff)
	}
	if diff := cmp.Diff(wantErr, gotErr); diff != "" {
		t.Errorf("%x: error (-Parse +Decode):\n%s", b, diff)
	}
}

// encodeAll also gives ENRP messages, which are broken here.
func encodeAll(t testing.TB) (list [][]byte) {
	t.Helper()
	for _, m := range oneOfEach {
		b, err := asap.Append(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, b)
	}
	for _, c := range codecCases() {
		b, err := c.append(nil)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, b)
	}
	return list
}

// One decoder reads whatever comes, broken messages too, as Parse reads them.
func TestDecoderSequences(t *testing.T) {
	seeds := encodeAll(t)
	rapid.Check(t, func(t *rapid.T) {
		var d asap.Decoder
		for range rapid.IntRange(1, 20).Draw(t, "messages") {
			b := append([]byte(nil), rapid.SampledFrom(seeds).Draw(t, "message")...)
			for range rapid.IntRange(0, 3).Draw(t, "changes") {
				b[rapid.IntRange(0, min(len(b), 200)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
			}
			sameAsParse(t, &d, b)
		}
	})
}

// FuzzDecoder: any bytes are read as Parse reads them, by a decoder that was used
// for something larger before, and when it reads them again. SEC-28
func FuzzDecoder(f *testing.F) {
	seeds(f)
	before := encodeAll(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		var d asap.Decoder
		for _, b := range before {
			d.Decode(b)
		}
		sameAsParse(t, &d, b)
		sameAsParse(t, &d, b)
		wiretest.Bounded(t, len(b), 128, func() { d.Decode(b) })
	})
}

// What was decoded does not change with the buffer that it came in, which is
// received into again.
func TestInputIsNotKept(t *testing.T) {
	var d asap.Decoder
	for _, m := range oneOfEach {
		b, err := asap.Append(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		d.Decode([]byte("\x05\x00\x00\x0c\x00\x09\x00\x08used"))
		parsed, err := asap.Parse(b)
		decoded, err2 := d.Decode(b)
		if err != nil || err2 != nil {
			t.Fatalf("%s: %v, %v", m.Type(), err, err2)
		}
		for i := range b {
			b[i] ^= 0xff
		}
		value := reflect.ValueOf(decoded.Message).Elem().Interface()
		causes := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().Type() == reflect.TypeFor[[]wire.Cause]() }, cmp.Ignore())
		if diff := cmp.Diff(any(m), any(parsed.Message), equal, causes); diff != "" {
			t.Errorf("%s parsed (-want +got):\n%s", m.Type(), diff)
		}
		if diff := cmp.Diff(any(m), value, equal, causes); diff != "" {
			t.Errorf("%s decoded (-want +got):\n%s", m.Type(), diff)
		}
	}
}

// Handles outlive the message that they came in.
func TestDecodedHandlesStay(t *testing.T) {
	var d asap.Decoder
	kept := make(map[wire.PoolHandle]int)
	for i := range 3000 { // more than a decoder remembers
		handle := wire.PoolHandle([]byte{'p', byte(i >> 8), byte(i)})
		b, err := asap.Append(nil, asap.HandleResolution{Handle: handle})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := d.Decode(b)
			if err != nil {
				t.Fatal(err)
			}
			kept[got.Message.(*asap.HandleResolution).Handle] = i
		}
	}
	if len(kept) != 3000 {
		t.Fatalf("%d different handles, want 3000", len(kept))
	}
	for h, i := range kept {
		if want := wire.PoolHandle([]byte{'p', byte(i >> 8), byte(i)}); h != want {
			t.Errorf("handle %q, want %q", h, want)
		}
	}
}
