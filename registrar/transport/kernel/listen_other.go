//go:build !linux || 386

package kernel

import "rserpool/registrar/transport"

// Listen fails: there is no kernel SCTP for this platform here.
func (Transport) Listen(transport.Config) (transport.Listener, error) { return nil, Available() }
