package main

import (
	"crypto/tls"
	"errors"
	"fmt"
)

// readPair reads the certificate, nil where none is given.
func (o httpOptions) readPair() (*tls.Certificate, error) {
	if !o.tls() {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(o.certFile, o.tlsKeyFile())
	if err != nil {
		return nil, fmt.Errorf("--http-tls-cert %s: %w; want a certificate in PEM, with its private key there or in the file of --http-tls-key", o.certFile, err)
	}
	return &pair, nil
}

// secure makes the listener speak TLS where there is a certificate: each connection
// with the one that is in force when it begins.
func (d *dashboard) secure() {
	if d.pair == nil {
		return
	}
	d.certificate.Store(d.pair)
	d.listener = tls.NewListener(d.listener, &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return d.certificate.Load(), nil },
		MinVersion:     tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
	})
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
