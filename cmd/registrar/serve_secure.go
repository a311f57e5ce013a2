package main

import (
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"rserpool/registrar/auth"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/dtls"
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

// security is what the flags come to.
type security struct {
	// table is nil where nobody has to prove anything.
	table *auth.Table
	// sctp is nil without DTLS, users without a certificate for TLS.
	sctp, users transport.Transport
}

// open reads the files for a registrar that is started with this ID, 0 for a random
// one.
func (o *secureOptions) open(secured bool, id wire.ServerID) (s security, err error) {
	if err := o.check(secured, id); err != nil {
		return s, fail(exitUsage, err)
	}
	var own *tls.Certificate
	if o.certFile != "" {
		if own, err = auth.LoadCertificate(o.certFile, o.keyFile); err != nil {
			return s, fmt.Errorf("--tls-cert: %w", err)
		}
	}
	users := identity.Credentials{Certificate: own}
	if secured {
		if s.table, err = auth.Load(o.authFile); err != nil {
			return s, fmt.Errorf("--auth-file: %w", err)
		}
		credentials, err := s.table.RegistrarCredentials(id, own)
		if err != nil {
			return s, fmt.Errorf("--auth-file: %w", err)
		}
		s.sctp, users = dtls.New(credentials), s.table.UserCredentials(own)
	}
	if own != nil {
		s.users = tcp.Secure(users)
	}
	return s, nil
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
func (o *secureOptions) configure(c *node.Config, s security) (err error) {
	if s.table != nil {
		c.Registrar.Secured, c.Registrar.PlainUsers, c.Identify = true, o.plainUsers, s.table.CredentialOf
	}
	if o.asapTLS == "" {
		return nil
	}
	c.TLS = s.users
	c.ASAPTLS, err = streamAddress(node.PortASAPTLS, o.asapTLS)
	return fail(exitUsage, err)
}
