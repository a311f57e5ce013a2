package wire_test

import (
	"bytes"
	"testing"

	"rserpool/registrar/wire"
)

// SEC-28: a message of nothing but parameters that nobody knows costs a reader that is
// used again no memory of its own, and leaves nothing for the next message.
func TestUnknownParametersUseMemoryAgain(t *testing.T) {
	crowd := bytes.Repeat([]byte{0xff, 0xf0, 0, 4}, 16_000)
	var r wire.Reader
	read := func(b []byte) wire.Findings {
		r.Reuse("crowd", b)
		r.End()
		return r.Findings()
	}
	if f := read(crowd); len(f.Unknown) != 16_000 || len(f.Reports) != 16_000 {
		t.Fatalf("%d unknown, %d reports, want 16,000 of each", len(f.Unknown), len(f.Reports))
	}
	if n := testing.AllocsPerRun(20, func() { read(crowd) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if f := read(nil); f.Unknown != nil || f.Reports != nil {
		t.Errorf("the next message has %d unknown parameters and %d reports of the one before", len(f.Unknown), len(f.Reports))
	}
}
