package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// tlsName is what the good certificates are made out to.
const tlsName = "web.test"

// faulty serves every way in which a service can disappoint a probe: paths under /fault/ on the service's own port, and ports for what is wrong below HTTP.
//
//	/fault/status/CODE             answers with that code
//	/fault/redirect/CODE?to=URL    redirects
//	/fault/loop                    redirects to itself
//	/fault/slow?for=5s             answers after that time
//	/fault/drip?for=5s             answers at once, and ends its body after that time
//	/fault/half                    ends its body too early
//	/fault/reset, /fault/close     cuts or ends the connection instead of an answer
//	/ca.pem                        the authority of the TLS ports
//
//	8443 TLS for web.test    8444 for other.test    8445 expired     8446 signed by nobody known    8447 TLS 1.2 only
//	8448 wants a client certificate    8449 takes connections and says nothing    8450 greets like another protocol
//	8451 valid only from tomorrow on    8452 no cipher that its certificate can be used with
//	9090 gRPC with health: "" serves, "sick" does not    9091 gRPC without health    9092 gRPC that answers nobody's question
func faulty(mux *http.ServeMux) error {
	ours, err := newAuthority()
	if err != nil {
		return err
	}
	theirs, err := newAuthority()
	if err != nil {
		return err
	}
	faultyPaths(mux)
	mux.HandleFunc("GET /ca.pem", func(writer http.ResponseWriter, _ *http.Request) { writer.Write(ours.pem) })
	valid := time.Now().Add(24 * time.Hour)
	for port, config := range map[int]*tls.Config{
		8443: {Certificates: ours.sign(tlsName, valid)},
		8444: {Certificates: ours.sign("other.test", valid)},
		8445: {Certificates: ours.sign(tlsName, time.Now().Add(-time.Hour))},
		8446: {Certificates: theirs.sign(tlsName, valid)},
		8447: {Certificates: ours.sign(tlsName, valid), MaxVersion: tls.VersionTLS12},
		8448: {Certificates: ours.sign(tlsName, valid), ClientAuth: tls.RequireAnyClientCert},
		8451: {Certificates: ours.signFrom(tlsName, time.Now().Add(12*time.Hour), valid)},
		8452: {Certificates: ours.sign(tlsName, valid), MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}},
	} {
		listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			return err
		}
		go http.Serve(tls.NewListener(listener, config), mux)
	}
	if err := greet(8449, ""); err != nil {
		return err
	}
	if err := greet(8450, "SSH-2.0-OpenSSH_9.2\r\n"); err != nil {
		return err
	}
	return serveGRPC()
}

func faultyPaths(mux *http.ServeMux) {
	mux.HandleFunc("GET /fault/status/{code}", func(writer http.ResponseWriter, request *http.Request) {
		code, _ := strconv.Atoi(request.PathValue("code"))
		writeJSON(writer, code, map[string]string{"status": "told to answer so"})
	})
	mux.HandleFunc("GET /fault/redirect/{code}", func(writer http.ResponseWriter, request *http.Request) {
		code, _ := strconv.Atoi(request.PathValue("code"))
		http.Redirect(writer, request, request.URL.Query().Get("to"), code)
	})
	mux.HandleFunc("GET /fault/loop", func(writer http.ResponseWriter, request *http.Request) {
		http.Redirect(writer, request, "/fault/loop", http.StatusFound)
	})
	mux.HandleFunc("GET /fault/slow", func(writer http.ResponseWriter, request *http.Request) {
		wait(request)
		writeJSON(writer, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /fault/drip", func(writer http.ResponseWriter, request *http.Request) {
		io.WriteString(writer, "wait")
		writer.(http.Flusher).Flush()
		wait(request)
	})
	mux.HandleFunc("GET /fault/half", func(writer http.ResponseWriter, _ *http.Request) {
		connection := hijacked(writer)
		io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
		connection.Close()
	})
	mux.HandleFunc("GET /fault/close", func(writer http.ResponseWriter, _ *http.Request) { hijacked(writer).Close() })
	mux.HandleFunc("GET /fault/reset", func(writer http.ResponseWriter, _ *http.Request) {
		connection := hijacked(writer)
		connection.(*net.TCPConn).SetLinger(0)
		connection.Close()
	})
}

// wait takes as long as the query's `for` says, or until the client has gone.
func wait(request *http.Request) {
	span, _ := time.ParseDuration(request.URL.Query().Get("for"))
	select {
	case <-time.After(span):
	case <-request.Context().Done():
	}
}

func hijacked(writer http.ResponseWriter) net.Conn {
	connection, _, err := writer.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	return connection
}

// greet takes connections, says its greeting, and keeps them open until the client leaves.
func greet(port int, greeting string) error {
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		return err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				io.WriteString(connection, greeting)
				io.Copy(io.Discard, connection)
				connection.Close()
			}()
		}
	}()
	return nil
}

func serveGRPC() error {
	healthy := grpc.NewServer()
	checker := health.NewServer()
	checker.SetServingStatus("sick", healthpb.HealthCheckResponse_NOT_SERVING)
	healthpb.RegisterHealthServer(healthy, checker)
	closed := grpc.NewServer(grpc.UnaryInterceptor(func(context.Context, any, *grpc.UnaryServerInfo, grpc.UnaryHandler) (any, error) {
		return nil, status.Error(codes.PermissionDenied, "members only")
	}))
	healthpb.RegisterHealthServer(closed, checker)
	for port, server := range map[int]*grpc.Server{9090: healthy, 9091: grpc.NewServer(), 9092: closed} {
		listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			return err
		}
		go server.Serve(listener)
	}
	return nil
}

// authority signs certificates.
type authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	pem         []byte
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "web test authority"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{key, certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, nil
}

// sign makes a server certificate that is valid since yesterday.
func (a *authority) sign(name string, until time.Time) []tls.Certificate {
	return a.signFrom(name, time.Now().Add(-24*time.Hour), until)
}

// signFrom makes a server certificate; it panics only where the machine has no randomness.
func (a *authority) signFrom(name string, from, until time.Time) []tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: from, NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		panic(err)
	}
	return []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
}
