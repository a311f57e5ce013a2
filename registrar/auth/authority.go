package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// authorityYears is how long an authority lasts: a scope outlives its
	// certificates, and a new authority must be brought to every host.
	authorityYears = 10
	// clockSkew is how far a clock may be behind that of the authority.
	clockSkew = time.Hour
)

// Authority makes the certificates of a small scope. Its key is a file beside its
// certificate: who has that can be anybody.
type Authority struct {
	// File has its certificate, for everybody.
	File string
	// Made: there was none, and it was made just now.
	Made bool

	certificate *x509.Certificate
	key         crypto.Signer
	// chain leads from the authority to a root, which is left out.
	chain [][]byte
}

// OpenAuthority reads an authority, or makes one where there is none. path is a
// directory with ca.pem and ca.key in it, or the PEM file itself, whose key is
// beside it with the ending .key. A new one has an ECDSA key on P-256 and lasts ten
// years.
func OpenAuthority(path string, now time.Time) (*Authority, error) {
	if filepath.Ext(path) != ".pem" {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, err
		}
		path = filepath.Join(path, "ca.pem")
	}
	keyFile := strings.TrimSuffix(path, ".pem") + ".key"
	made := missing(path) && missing(keyFile)
	if made {
		if err := makeAuthority(path, keyFile, now); err != nil {
			return nil, err
		}
	}
	pair, err := LoadCertificate(path, keyFile)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	a := &Authority{File: path, Made: made, certificate: pair.Leaf}
	a.key, _ = pair.PrivateKey.(crypto.Signer)
	switch {
	case !a.certificate.IsCA || a.key == nil:
		return nil, fmt.Errorf("authority: %s: this certificate may not make others", path)
	case now.After(a.certificate.NotAfter):
		return nil, fmt.Errorf("authority: %s: it has expired on %s", path, a.certificate.NotAfter.Format(time.DateOnly))
	}
	a.chain = intermediates(pair)
	return a, nil
}

func missing(file string) bool {
	_, err := os.Lstat(file)
	return errors.Is(err, fs.ErrNotExist)
}

// intermediates are the certificates of a chain that are not the root.
func intermediates(pair *tls.Certificate) (chain [][]byte) {
	for _, der := range pair.Certificate {
		if c, err := x509.ParseCertificate(der); err == nil && c.CheckSignatureFrom(c) != nil {
			chain = append(chain, der)
		}
	}
	return chain
}

func makeAuthority(file, keyFile string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "RSerPool operation scope, " + now.UTC().Format(time.DateTime)},
		NotBefore:             now.Add(-clockSkew),
		NotAfter:              now.AddDate(authorityYears, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	secret, err := encodeKey(key)
	if err != nil {
		return err
	}
	if err := createFile(keyFile, secret, secretMode); err != nil {
		return err
	}
	if err := createFile(file, encodeChain(der), publicMode); err != nil {
		_ = os.Remove(keyFile)
		return err
	}
	return nil
}

func encodeChain(chain ...[]byte) (b []byte) {
	for _, der := range chain {
		b = append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return b
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
