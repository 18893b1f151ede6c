package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

// busy listens and accepts nobody: once its queue is full, the kernel does not answer who dials.
func busy(address string) {
	there, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		log.Fatal(err)
	}
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Port: there.Port}); err != nil {
		log.Fatal(err)
	}
	if err := syscall.Listen(socket, 0); err != nil {
		log.Fatal(err)
	}
	slog.Info("listening", "address", address)
	for {
		queued, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			break
		}
		defer queued.Close()
	}
	time.Sleep(time.Hour)
}

// cut answers every connection with a reset.
func cut(address string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	slog.Info("listening", "address", listener.Addr().String())
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		if err := connection.(*net.TCPConn).SetLinger(0); err != nil {
			log.Fatal(err)
		}
		_ = connection.Close()
	}
}

// serveTLS serves with a certificate of its own making; `expired` is for a name that nobody asks for, and over.
func serveTLS(address, name string) {
	begins, ends := time.Now().Add(-48*time.Hour), time.Now().Add(48*time.Hour)
	if name == "expired" {
		ends = time.Now().Add(-24 * time.Hour)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	own := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: begins, NotAfter: ends, DNSNames: []string{name}}
	der, err := x509.CreateCertificate(rand.Reader, own, own, &key.PublicKey, key)
	if err != nil {
		log.Fatal(err)
	}
	pair := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	listener, err := tls.Listen("tcp", address, &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		log.Fatal(err)
	}
	slog.Info("listening", "address", address)
	log.Fatal(http.Serve(listener, http.HandlerFunc(answer)))
}

// api asks the API server as the Pod's ServiceAccount, and gives up with what it answers.
func api(path string) {
	token, err := os.ReadFile(account + "token")
	if err != nil {
		log.Fatal(err)
	}
	authority, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		log.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(authority)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}}
	request, err := http.NewRequest(http.MethodGet, "https://"+os.Getenv("KUBERNETES_SERVICE_HOST")+path, nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	response, err := client.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	said, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	_, message, _ := strings.Cut(string(said), `"message":"`)
	message, _, _ = strings.Cut(message, `","`)
	slog.Error("cannot watch", "error", strings.ReplaceAll(message, `\"`, `"`))
	os.Exit(1)
}

// deep calls itself until its stack, which is a small one, is full.
func deep(level int) int {
	if level == 0 {
		debug.SetMaxStack(1 << 20)
	}
	return deep(level+1) + 1
}

// files opens one file after the other and keeps them; it may have few.
func files() {
	few := syscall.Rlimit{Cur: 32, Max: 32}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		log.Fatal(err)
	}
	for {
		kept, err := os.Open("/proc/self/status")
		if err != nil {
			slog.Error("cannot read its own state", "error", err)
			os.Exit(1)
		}
		defer kept.Close()
	}
}

// fill writes to a file until that is no more possible.
func fill(path string) {
	target, err := os.Create(path)
	for err == nil {
		_, err = target.Write(make([]byte, 1<<20))
	}
	slog.Error("cannot keep the cache", "error", err)
	os.Exit(1)
}

// parse knows one flag, as Go's own package does.
func parse(arguments []string) {
	known := flag.NewFlagSet("sick", flag.ExitOnError)
	known.String("listen", ":8080", "where to serve")
	_ = known.Parse(arguments)
	serve(":8080", answer)
}

// stumble panics the first time, which a file remembers, and serves from then on.
func stumble(path string) {
	if _, err := os.Stat(path); err == nil {
		serve(":8080", answer)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		log.Fatal(err)
	}
	panic("the cache is not there yet")
}
