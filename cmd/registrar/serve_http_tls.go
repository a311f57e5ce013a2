package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
)

// secure makes a listener speak TLS where a certificate is given.
func (o httpOptions) secure(l net.Listener) (net.Listener, error) {
	if !o.tls() {
		return l, nil
	}
	pair, err := tls.LoadX509KeyPair(o.certFile, o.tlsKeyFile())
	if err != nil {
		return nil, fmt.Errorf("--http-tls-cert %s: %w; want a certificate in PEM, with its private key there or in the file of --http-tls-key", o.certFile, err)
	}
	return tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
	}), nil
}

func (o httpOptions) tls() bool { return o.certFile != "" }

// tlsKeyFile is where the private key is: beside the certificate if nothing else is
// said.
func (o httpOptions) tlsKeyFile() string {
	if o.keyFile == "" {
		return o.certFile
	}
	return o.keyFile
}

// checkTLS refuses a key without a certificate.
func (o httpOptions) checkTLS() error {
	if o.keyFile != "" && o.certFile == "" {
		return fail(exitUsage, errors.New("--http-tls-key: it goes with --http-tls-cert FILE"))
	}
	return nil
}

// scheme is that of the dashboard's addresses.
func (o httpOptions) scheme() string {
	if o.tls() {
		return "https"
	}
	return "http"
}
