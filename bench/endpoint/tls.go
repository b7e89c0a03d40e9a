package endpoint

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
)

// TLS is how https targets are spoken to. The zero value trusts the system's
// roots and shows no certificate.
type TLS struct {
	// Roots are PEM certificates to trust in place of the system's.
	Roots []byte
	// Certificate and Key are the PEM pair that the client shows.
	Certificate, Key []byte
	// ServerName is the name to ask for (SNI) and to verify, in place of the
	// URL's host.
	ServerName string
	// Insecure accepts any certificate.
	Insecure bool
}

func (t TLS) config() (*tls.Config, error) {
	out := &tls.Config{ServerName: t.ServerName, InsecureSkipVerify: t.Insecure, MinVersion: tls.VersionTLS12}
	if len(t.Roots) > 0 {
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(t.Roots) {
			return nil, fmt.Errorf("%w: the trusted roots hold no PEM certificate", ErrConfig)
		}
	}
	if (len(t.Certificate) > 0) != (len(t.Key) > 0) {
		return nil, fmt.Errorf("%w: a client certificate and its key go together", ErrConfig)
	}
	if len(t.Certificate) > 0 {
		pair, err := tls.X509KeyPair(t.Certificate, t.Key)
		if err != nil {
			return nil, fmt.Errorf("%w: client certificate: %w", ErrConfig, err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}
