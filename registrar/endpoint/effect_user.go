package endpoint

import "rserpool/registrar/wire"

// PoolChanged tells a Watch of the pool's elements: the first answer and every
// change.
type PoolChanged struct {
	Handle wire.PoolHandle
	Policy wire.Policy
	// Elements are in the server's order; none where the pool is unknown.
	Elements []wire.PoolElement
	// Err is what an answer said instead of elements, or why there was none.
	Err error
}

// Connect opens a channel to a pool element; ChannelUp or ConnectFailed answers
// it. Handle and Element are for the eye; they are empty for a SendMessage to a
// transport address.
type Connect struct {
	ID      ConnectID
	Handle  wire.PoolHandle
	Element wire.PEIdentifier
	To      wire.Transport
}

// CancelConnect gives an attempt up. No answer is expected; one that was under
// way already does no harm.
type CancelConnect struct{ ID ConnectID }

// CloseChannel ends a channel after what was sent over it.
type CloseChannel struct{ Channel ChannelID }

// SendControl sends one ASAP message over the control channel.
type SendControl struct {
	Channel ChannelID
	Data    []byte
}

// Transmit sends a message's data over a channel; Transmitted or ChannelDown
// answers it.
type Transmit struct {
	Channel   ChannelID
	Message   MessageID
	Unordered bool
}

// MessageDone answers a SendMessage.
type MessageDone struct {
	Message MessageID
	// Reached are the elements whose transport took the message.
	Reached []wire.PEIdentifier
	// Err is nil where all went well. What of the message is not in Reached was
	// not sent: the driver still has it.
	Err error
}

// SessionUp tells that a session has an element: whatever its user writes goes
// over Channel from now on. A cookie echo, if there is a cookie, was sent before.
type SessionUp struct {
	Session SessionID
	Channel ChannelID
	Element wire.PoolElement
	// From is the element before, 0 at the first; Reason is why it was left.
	From   wire.PEIdentifier
	Reason string
}

// SessionDown tells that a session has lost its element and looks for another
// one; SessionUp or SessionFailed follows.
type SessionDown struct {
	Session SessionID
	Element wire.PEIdentifier
	Reason  string
}

// SessionFailed tells that a session has ended: for want of an element, or because
// the element wants it so.
type SessionFailed struct {
	Session SessionID
	// Err is what Resolved.Err can be, a *NoElementError, or ErrEnded.
	Err error
}

// CookieEchoed hands an element the state that another one has given the user
// at the other end of a channel. It comes before any later data of the channel.
type CookieEchoed struct {
	Channel ChannelID
	State   string
	// Err is ErrCookie where the signature is not that of Config.CookieKey.
	Err error
}

// ControlRefused tells that a SendCookie or SendBusinessCard was not sent.
type ControlRefused struct {
	Channel ChannelID
	// Err is ErrNoControl, ErrNoCard, or says that the state is longer than MaxState.
	Err error
}

func (PoolChanged) effect()    {}
func (Connect) effect()        {}
func (CancelConnect) effect()  {}
func (CloseChannel) effect()   {}
func (SendControl) effect()    {}
func (Transmit) effect()       {}
func (MessageDone) effect()    {}
func (SessionUp) effect()      {}
func (SessionDown) effect()    {}
func (SessionFailed) effect()  {}
func (CookieEchoed) effect()   {}
func (ControlRefused) effect() {}
