package load

import (
	"context"

	"rserpool/registrar/transport"
)

// dial opens a lane, from a port of its own.
func dial(ctx context.Context, o *Options) (*lane, error) {
	l, err := o.Transport.Listen(transport.Config{Local: transport.Address{Addrs: o.Local}, MaxAssociations: 4})
	if err != nil {
		return nil, err
	}
	a, err := l.Dial(ctx, o.Registrar)
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	made := &lane{listener: l, association: a}
	made.sender = sender{association: a, broken: made.broke}
	return made, nil
}
