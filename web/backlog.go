package web

// maxBacklog is how many changes are kept for clients that come back: seconds of a
// busy registrar, hours of a quiet one, about 4 MB.
const maxBacklog = 10_000

// backlog is the latest batches of changes, from which a client goes on that was
// away for a moment.
type backlog struct {
	batches []batch
	changes int
	latest  uint64 // the number of the last one, kept or not
}

type batch struct {
	number  uint64
	changes []change
}

// add keeps a batch and drops the oldest beyond maxBacklog. Numbers rise by 1.
func (b *backlog) add(number uint64, changes []change) {
	b.batches = append(b.batches, batch{number, changes})
	b.changes, b.latest = b.changes+len(changes), number
	gone := 0
	for ; b.changes > maxBacklog; gone++ {
		b.changes -= len(b.batches[gone].changes)
		b.batches[gone] = batch{}
	}
	b.batches = b.batches[gone:]
}

// since gives the batches behind the one with that number; false where one of them
// is not there any more.
func (b *backlog) since(number uint64) ([]batch, bool) {
	if number >= b.latest {
		return nil, true
	}
	missed := b.latest - number
	if missed > uint64(len(b.batches)) {
		return nil, false
	}
	return b.batches[uint64(len(b.batches))-missed:], true
}
