package registrar

import (
	"time"

	"rserpool/registrar/wire"
)

// Tally is what metrics count beyond feed.Counters, since the registrar's start. It
// holds no pointer: a copy is one of this moment.
type Tally struct {
	// Messages are those that were received and sent, readable or not, by Protocol,
	// Direction and type. Types from MessageTypes on are counted under 0, which none has.
	Messages [2][2][MessageTypes]uint64
	// Discarded are the messages that were not acted on, by Protocol.
	Discarded [2][DiscardReasons]uint64
	// Refused are the registrations that were, by what their elements were told; codes
	// from CauseCodes on are counted under 0, unspecified.
	Refused [CauseCodes]uint64
	// UnknownPools are the handle resolutions of pools that are not here.
	UnknownPools uint64
	// Shed are those that were refused because there was too much to do.
	Shed uint64
	// Mismatches are the checksums of peers that led to a resynchronisation, Resyncs
	// those that have ended, by how: AskDone, AskSilent or AskNotNow.
	Mismatches uint64
	Resyncs    [AskElsewhere + 1]uint64
	Takeovers  [TakeoverResults]uint64
	// TakeoverTimes are those of the takeovers that were won: from when the peer was
	// declared dead until its elements were at home here.
	TakeoverTimes Histogram
	// Standstills are the times in which nothing ran here.
	Standstills uint64
	// Limits are how often each was reached.
	Limits [LimitKinds]uint64

	// Guard is that against mass expiry, as it stands now.
	Guard GuardState
	// Associations are open now, by Protocol, whoever opened them.
	Associations [2]int
	// Subscriptions of pool users to pools are in force now.
	Subscriptions int
	// Downloads of this registrar's table by peers go on now.
	Downloads int
}

const (
	// MessageTypes has room for the RFCs' types and those of holds.
	MessageTypes = 0x40
	// CauseCodes has room for those of RFC 5354 section 3.12.
	CauseCodes = wire.CauseRejectedSecurity + 1
)

// Direction is which way a message went.
type Direction uint8

// The directions.
const (
	In Direction = iota
	Out
)

// TakeoverResult is what came of a takeover, by the part that this registrar had in it.
type TakeoverResult uint8

// The results.
const (
	// TakeoverWon: a peer's elements are at home here.
	TakeoverWon TakeoverResult = iota
	// TakeoverYielded: it was left to another registrar.
	TakeoverYielded
	// TakeoverCancelled: the peer was heard again.
	TakeoverCancelled
	// TakeoverSeen: another registrar has taken a peer over.
	TakeoverSeen
	// TakeoverObjected: another one wanted to take this registrar over, and heard that
	// it lives.
	TakeoverObjected
	// TakeoverRefuted: another one had done so.
	TakeoverRefuted
	// TakeoverResults is how many there are.
	TakeoverResults
)

// Tally is how often things have happened up to the latest step.
func (r *Registrar) Tally() Tally {
	t := r.tally
	t.Downloads = r.downloads
	t.Guard = r.guardState()
	return t
}

// message counts one by its first byte.
func (t *Tally) message(p Protocol, d Direction, data []byte) {
	kind := 0
	if len(data) > 0 && data[0] < MessageTypes {
		kind = int(data[0])
	}
	t.Messages[p][d][kind]++
}

// refused counts a refusal.
func (t *Tally) refused(code wire.CauseCode) {
	if code >= CauseCodes {
		code = wire.CauseUnspecified
	}
	t.Refused[code]++
}

// won counts a takeover that has begun at a time.
func (t *Tally) won(took time.Duration) {
	t.Takeovers[TakeoverWon]++
	t.TakeoverTimes.Observe(took)
}
