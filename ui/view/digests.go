package view

import (
	"encoding/base64"
	"strings"
	"time"

	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// Digests compares the digest of the handlespace that the registrar tells with the
// one that this page computes. The zero value has compared nothing.
type Digests struct {
	_ incomparable
	// Text says what came of it.
	Badge Badge
	Text  string

	step     CompareStep
	told     string
	sequence uint64
	asked    int
	// same and apart count the pools of the export.
	same, apart int
}

// CompareStep is what a comparison needs next.
type CompareStep uint8

// The steps.
const (
	// CompareRests: nothing, until somebody wants one.
	CompareRests CompareStep = iota
	// CompareStatus: the registrar's digest.
	CompareStatus
	// CompareFeed: the feed is behind the registrar's answer.
	CompareFeed
	// ComparePools: the registrar's export, to find the pools that differ.
	ComparePools
)

// maxCompares is how often the registrar is asked while changes keep the two from
// meeting.
const maxCompares = 5

// Begin starts a comparison; false while one is under way.
func (d *Digests) Begin() bool {
	if d.step != CompareRests {
		return false
	}
	*d = Digests{Badge: quiet("move", "turn", "Comparing"), step: CompareStatus}
	return true
}

// Told takes the registrar's digest at a sequence number; status is that of the
// HTTP answer, 0 for none.
func (d *Digests) Told(status int, digest string, sequence uint64) {
	d.told, d.sequence, d.step = strings.TrimPrefix(digest, "sha256:"), sequence, CompareFeed
	d.asked++
	if status != 200 || d.told == "" {
		d.end(quiet("off", "unknown", "Not compared"), "the registrar did not answer")
	}
}

// Waits reports whether a comparison waits for the feed.
func (d *Digests) Waits() bool { return d.step == CompareFeed }

// Next goes on as far as this page can: the same digest is the same handlespace,
// another one means something only at the same sequence number.
func (d *Digests) Next(r *replica.Replica, now time.Time) CompareStep {
	at := r.Sequence().Number
	if !r.Synced() || at < d.sequence {
		return d.step
	}
	page := wire.Hex(r.Digest(newSHA256()))
	switch {
	case page == d.told:
		d.end(quiet("ok", "equal", "Same"), shortDigest(page)+" here and there, at "+clock(now))
	case at == d.sequence:
		d.Badge, d.Text = chip("bad", "differ", "Differs"), shortDigest(d.told)+" told, "+shortDigest(page)+" by this page"
		d.step = ComparePools
	case d.asked < maxCompares:
		d.step = CompareStatus
	default:
		d.end(quiet("off", "unknown", "Not compared"), "changes come too fast for it now")
	}
	return d.step
}

// Pool takes one pool of the registrar's export, while the two differ: its handle in
// base64, and its elements as JSON without LocalFields.
func (d *Digests) Pool(r *replica.Replica, handle, elements string) {
	b, _ := base64.StdEncoding.DecodeString(handle) // the registrar's own words
	h := wire.PoolHandle(b)
	var here strings.Builder
	sep := "["
	for e := range r.Elements(h) {
		here.WriteString(sep + elementJSON(e, false))
		sep = ","
	}
	if here.String()+"]" == elements {
		d.same++
	} else if d.apart++; d.apart == 1 {
		d.Text += ", in " + Handle(h)
	}
}

// End ends a comparison behind the last pool of the export; told is false where that
// did not come.
func (d *Digests) End(r *replica.Replica, told bool) {
	d.step = CompareRests
	only := r.Counts().Pools - d.same - d.apart
	switch {
	case !told:
	case d.apart > 1:
		d.Text += " and " + plural(d.apart-1, "more pool", "more pools")
	case d.apart == 0 && only > 0:
		d.Text += ", which has " + plural(only, "pool", "pools") + " more"
	case d.apart == 0:
		d.Text += "; no pool does by now"
	}
}

func (d *Digests) end(b Badge, text string) { d.Badge, d.Text, d.step = b, text, CompareRests }

// digests is the latest comparison.
func (q Query) digests() Digests {
	if q.Kept != nil && q.Kept.Digests.Badge != (Badge{}) {
		return q.Kept.Digests
	}
	return Digests{Badge: quiet("off", "unknown", "Not compared")}
}

func (d Digests) slots(set Set) {
	d.Badge.slots("digest.same", set)
	set("digest", d.Text)
}

// shortDigest is enough of a digest to tell two apart.
func shortDigest(hex string) string {
	if len(hex) < 8 {
		return hex
	}
	return hex[:4] + "…" + hex[len(hex)-4:]
}

// LocalFields are those of an element's JSON that a digest leaves out: registrars
// see them differently.
var LocalFields = [...]string{"owned", "state", "expires_at", "unreachable_reports"}
