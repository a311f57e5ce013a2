// Package capture keeps the last ASAP and ENRP messages of a registrar while
// somebody looks at them. Package pcapng makes files of them.
//
// A Recorder is a ring: bounded in messages and bytes, the oldest go first.
// Readers have a number up to which they have read and ask for what came since;
// whoever is too slow misses messages and sees it by the gap. While nobody
// watches, recording costs one atomic load a message, and the ring is empty.
package capture
