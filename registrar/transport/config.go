package transport

import "time"

// What Config.Defaults fills in.
const (
	// DefaultStreams is few on purpose: all messages use stream 0, and a kernel
	// reserves memory for every stream of every association.
	DefaultStreams = 4
	// DefaultHeartbeat with DefaultMaxMissed finds a silent peer in 8 s: long before
	// the 61 s of MAX-TIME-LAST-HEARD (RFC 5353 section 4.1) end, and with one small
	// packet in 2 s from an idle peer. Package udp needs 3.2 s while data waits for
	// the peer.
	DefaultHeartbeat = 2 * time.Second
	DefaultMaxMissed = 3
	// DefaultHandshakeTimeout lets a lost first packet be sent again twice.
	DefaultHandshakeTimeout = 5 * time.Second
	// DefaultMaxHalfOpen is the backlog a kernel gives a listener by default.
	DefaultMaxHalfOpen = 128
	// DefaultMaxAssociations keeps the idle cost of userspace associations, about
	// 48 KB each, near 200 MB in all.
	DefaultMaxAssociations = 4096
)

// TellFull tells Full, if there is somebody to tell.
func (c *Config) TellFull(halfOpen bool) {
	if c.Full != nil {
		c.Full(halfOpen)
	}
}

// Defaults returns c with every zero field filled that has a default.
func (c Config) Defaults() Config {
	if c.Streams == 0 {
		c.Streams = DefaultStreams
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = DefaultHeartbeat
	}
	if c.MaxMissed == 0 {
		c.MaxMissed = DefaultMaxMissed
	}
	if c.HandshakeTimeout == 0 {
		c.HandshakeTimeout = DefaultHandshakeTimeout
	}
	if c.MaxHalfOpen == 0 {
		c.MaxHalfOpen = DefaultMaxHalfOpen
	}
	if c.MaxAssociations == 0 {
		c.MaxAssociations = DefaultMaxAssociations
	}
	return c
}
