package identity

import "sync/atomic"

// Store has the credentials that an end uses now. Whoever connects after a Replace is
// judged by the new ones; who is connected stays. Its methods may be called
// concurrently.
type Store struct{ current atomic.Pointer[Credentials] }

// NewStore begins with c.
func NewStore(c Credentials) *Store {
	s := new(Store)
	s.Replace(c)
	return s
}

// Replace makes c the credentials in use.
func (s *Store) Replace(c Credentials) { s.current.Store(&c) }

// Load gives those in use.
func (s *Store) Load() Credentials { return *s.current.Load() }
