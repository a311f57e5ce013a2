package feed

import (
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// Schema is the version of the private messages. A page that gets another one
// reloads itself.
const Schema = 2

// Hello starts a snapshot: whoever reads it forgets all it had.
type Hello struct {
	Schema uint32
	// Registrar is whose handlespace this is.
	Registrar wire.ServerID
	// Epoch changes with every start of the registrar; sequence numbers of
	// different epochs have nothing to do with each other.
	Epoch uint64
	// Started and Now are Unix times in milliseconds by the registrar's clock.
	Started, Now Time
	// Version, Dialect and Transport are for people to read.
	Version, Dialect, Transport string
}

// Type is TypeHello.
func (Hello) Type() enrp.MessageType { return TypeHello }

func (m Hello) append(w *wire.Writer) {
	w.Uint32(m.Schema)
	w.Uint32(uint32(m.Registrar))
	w.Uint64(m.Epoch)
	m.Started.append(w)
	m.Now.append(w)
	w.Text(m.Version)
	w.Text(m.Dialect)
	w.Text(m.Transport)
}

func readHello(r *wire.Reader) Message {
	return Hello{
		Schema: r.Uint32(), Registrar: wire.ServerID(r.Uint32()), Epoch: r.Uint64(),
		Started: readTime(r), Now: readTime(r), Version: r.Text(), Dialect: r.Text(), Transport: r.Text(),
	}
}
