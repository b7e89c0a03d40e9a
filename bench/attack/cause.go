package attack

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"rung/bench"
)

// The causes of failures, besides the text of a 5xx status ("503").
const (
	causeRefused = "connection refused"
	causeReset   = "connection reset"
	causeTimeout = "timeout"
	causeEOF     = "eof"
	causeDNS     = "dns"
	causeTLS     = "tls"
	causeRoute   = "no route"
	cause4xx     = "4xx"
	causeOther   = "other"
	// Exhausted resources of the machine that the generator runs on: not the
	// target's fault.
	causePorts = "no local port"
	causeFiles = "too many open files"
)

// outcome sorts an answer's code; 0 is no answer.
func outcome(code int) bench.Outcome {
	switch {
	case code == 429:
		return bench.Refused
	case code == 401:
		return bench.LoggedOut
	case code < 200 || code >= 400:
		return bench.Failed
	}
	return bench.OK
}

// cause groups a failure: by its error when there was no answer, else by its
// code.
func cause(code int, err error) string {
	switch {
	case code >= 500 && code <= 599:
		return strconv.Itoa(code)
	case code >= 400 && code <= 499:
		return cause4xx
	case err == nil:
		return causeOther
	}
	for _, known := range []struct {
		err   error
		cause string
	}{
		{syscall.ECONNREFUSED, causeRefused},
		{syscall.EADDRNOTAVAIL, causePorts}, {syscall.EMFILE, causeFiles}, {syscall.ENFILE, causeFiles},
		{syscall.ECONNRESET, causeReset}, {syscall.EPIPE, causeReset}, {syscall.ECONNABORTED, causeReset},
		{net.ErrClosed, causeReset},
		{syscall.EHOSTUNREACH, causeRoute}, {syscall.ENETUNREACH, causeRoute},
	} {
		if errors.Is(err, known.err) {
			return known.cause
		}
	}
	return causeByType(err)
}

func causeByType(err error) string {
	var (
		lookup      *net.DNSError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		certificate *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
		timeout     net.Error
	)
	switch {
	case errors.As(err, &lookup): // before time-outs: a DNS time-out is DNS
		return causeDNS
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return causeTimeout
	case errors.As(err, &record), errors.As(err, &alert), errors.As(err, &certificate), errors.As(err, &authority):
		return causeTLS
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		// net/http's error for an EOF on a kept-alive connection has no name.
		strings.Contains(err.Error(), "server closed idle connection"):
		return causeEOF
	}
	return causeOther
}
