package main

import (
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"rserpool/registrar/auth"
	"rserpool/registrar/node"
	"rserpool/registrar/transport/identity"
	"rserpool/registrar/transport/tcp"
	"rserpool/registrar/wire"
)

// secureOptions are the flags of serve about who may do what, and how that is
// proven.
type secureOptions struct {
	authFile, certFile, keyFile, asapTLS string
	plainUsers                           bool
}

func (o *secureOptions) addSecureFlags(f *pflag.FlagSet) {
	f.StringVar(&o.authFile, "auth-file", "", "`FILE` with the identities of the scope and what each may do, for --transport dtls; registrar auth makes it")
	f.StringVar(&o.certFile, "tls-cert", "", "`FILE` in PEM with this registrar's certificate chain, for --asap-tls, and for --transport dtls where certificates are used")
	f.StringVar(&o.keyFile, "tls-key", "", "`FILE` in PEM with its private key (default: it is in the file of --tls-cert)")
	f.StringVar(&o.asapTLS, "asap-tls", "", "`ADDRESS` for pool users over TLS, HOST:PORT, such as :3864 (default: none)")
	f.BoolVar(&o.plainUsers, "allow-plain-users", false, "with --transport dtls, answer pool users that are not secured too")
}

// proofs are what the files say: who may be whom, and what this end proves.
type proofs struct {
	// table is nil where nobody has to prove anything.
	table *auth.Table
	// own is nil without a certificate.
	own *tls.Certificate
	// sctp is for DTLS, users for TLS.
	sctp, users identity.Credentials
}

// read reads the files for a registrar that was started with this ID, 0 for a random
// one. before are those that it has until now: a table that says the same stays.
func (o *secureOptions) read(secured bool, id wire.ServerID, before proofs) (p proofs, err error) {
	if o.certFile != "" {
		if p.own, err = auth.LoadCertificate(o.certFile, o.keyFile); err != nil {
			return p, fmt.Errorf("--tls-cert: %w", err)
		}
	}
	p.users = identity.Credentials{Certificate: p.own}
	if !secured {
		return p, nil
	}
	if p.table, err = auth.Load(o.authFile); err != nil {
		return p, fmt.Errorf("--auth-file: %w", err)
	}
	switch {
	case before.table == nil:
	case p.table.Same(before.table):
		p.table = before.table
	default:
		p.table.Follow(before.table)
	}
	if p.sctp, err = p.table.RegistrarCredentials(id, p.own); err != nil {
		return p, fmt.Errorf("--auth-file: %w", err)
	}
	p.users = p.table.UserCredentials(p.own)
	return p, nil
}

// security is the proofs that are in force, which connections that begin take.
type security struct {
	proofs
	sctp, users *identity.Store
}

func (p proofs) begin() *security {
	return &security{p, identity.NewStore(p.sctp), identity.NewStore(p.users)}
}

// replace makes other proofs those that are in force.
func (s *security) replace(p proofs) {
	s.proofs = p
	s.sctp.Replace(p.sctp)
	s.users.Replace(p.users)
}

// check refuses flags that lack others.
func (o *secureOptions) check(secured bool, id wire.ServerID) error {
	switch {
	case secured && o.authFile == "":
		return errors.New("--transport dtls: want --auth-file, the identities of the scope; registrar auth new-key makes it")
	case secured && id == 0:
		return errors.New("--transport dtls: want --id, that of a registrar in --auth-file")
	case !secured && o.authFile != "":
		return errors.New("--auth-file: it goes with --transport dtls")
	case !secured && o.plainUsers:
		return errors.New("--allow-plain-users: it goes with --transport dtls; all users are plain ones without")
	case o.asapTLS != "" && o.certFile == "":
		return errors.New("--asap-tls: want --tls-cert, the certificate of this registrar")
	case o.certFile != "" && o.asapTLS == "" && !secured:
		return errors.New("--tls-cert: it goes with --asap-tls or --transport dtls")
	case o.keyFile != "" && o.certFile == "":
		return errors.New("--tls-key: it goes with --tls-cert")
	}
	return nil
}

// configure puts into c who may do what.
func (o *secureOptions) configure(c *node.Config, s *security) (err error) {
	if s.table != nil {
		c.Registrar.Secured, c.Registrar.PlainUsers, c.Identify = true, o.plainUsers, s.table.CredentialOf
	}
	if o.asapTLS == "" {
		return nil
	}
	c.TLS = tcp.SecureFrom(s.users)
	c.ASAPTLS, err = streamAddress(node.PortASAPTLS, o.asapTLS)
	return fail(exitUsage, err)
}
