package auth

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// LoadCertificate reads a certificate chain and its private key from PEM files.
// Without a keyFile both are in certFile. The one with the private key must not be
// readable by others.
func LoadCertificate(certFile, keyFile string) (*tls.Certificate, error) {
	if keyFile == "" {
		b, err := readSecret(certFile)
		if err != nil {
			return nil, err
		}
		return parseCertificate(certFile, b, b)
	}
	chain, _, err := readFile(certFile, maxFile)
	if err != nil {
		return nil, err
	}
	key, err := readSecret(keyFile)
	if err != nil {
		return nil, err
	}
	return parseCertificate(certFile+", "+keyFile, chain, key)
}

func parseCertificate(files string, chain, key []byte) (*tls.Certificate, error) {
	c, err := tls.X509KeyPair(chain, key) // its errors have no word of the key
	if err != nil {
		return nil, fmt.Errorf("%s: want a certificate chain and its private key in PEM: %w", files, err)
	}
	return &c, nil
}

// LoadRoots reads the certificates of authorities from a PEM file.
func LoadRoots(file string) (*x509.CertPool, error) {
	b, _, err := readFile(file, maxFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s: want the certificates of authorities in PEM, found none", file)
	}
	return roots, nil
}

// isPEM tells a PEM file from one with a pre-shared key.
func isPEM(b []byte) bool { return bytes.Contains(b, []byte("-----BEGIN ")) }

// errNoKey: what is there proves nothing.
var errNoKey = errors.New("neither a pre-shared key nor a certificate proves this name; " +
	"make one with registrar auth new-key or new-cert")
