// Command sick fails in the way it is told to, by the means real services fail: its errors are those of Go itself.
//
//	sick deadlock | map-race | nil-pointer | exit-0
//	sick leak [PATH]         takes more and more memory, once a file is there
//	sick dial HOST:PORT      dials at the start and gives up
//	sick wait HOST:PORT      dials every second until somebody answers
//	sick get URL             asks over HTTP or HTTPS at the start and gives up; an answer of 400 and more is none
//	sick env NAME            wants an environment variable
//	sick file PATH           wants a file
//	sick listen-twice        listens twice on its port
//	sick serve [ADDRESS]     serves: GET /healthz 200, /login 401, /misdirected 421, /broken 500, /moved 302 to another host,
//	                         /here to this one, /secure to this one's port 8443, everything else 404; default :8080
//	sick serve-late DURATION serves after that time
//	sick serve-slow DURATION answers after that time
//	sick serve-busy DURATION answers after it has used the processor for that time
//	sick serve-without HOST:PORT  serves 503 at /healthz for as long as it cannot dial that
//	sick deaf [ADDRESS]      serves and does not heed SIGTERM
//	sick serve-on DURATION   heeds SIGTERM, and takes that time to end
//	sick fatal TEXT          says so and gives up
//	sick write PATH          wants to write a file
//	sick sleep DURATION      does nothing else
//	sick nameless [servfail] is a name server that knows no name, or has none to ask
//	sick stack | files | flag ARGUMENT...
//	sick fill PATH           writes a file until the disk is full
//	sick kill                ends itself by SIGKILL, which only one that is not its container's first process can
//	sick api PATH            asks the API server as its ServiceAccount
//	sick stumble PATH        panics the first time, and serves from then on
//	sick busy ADDRESS        listens and accepts nobody
//	sick cut ADDRESS         answers every connection with a reset
//	sick serve-tls ADDRESS NAME  serves with a certificate of its own making for that name; one for `expired` is over
package main

import (
	"context"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	how, what := "serve", ""
	if len(os.Args) > 1 {
		how = os.Args[1]
	}
	if len(os.Args) > 2 {
		what = os.Args[2]
	}
	slog.Info("starting", "how", how)
	switch how {
	case "deadlock":
		wait(make(chan int))
	case "map-race":
		race(map[int]int{})
	case "nil-pointer":
		(*order)(nil).total()
	case "exit-0":
		slog.Info("nothing to do")
	case "leak":
		for _, err := os.Stat(what); what != "" && err != nil; _, err = os.Stat(what) {
			time.Sleep(100 * time.Millisecond)
		}
		leak()
	case "dial":
		if _, err := net.DialTimeout("tcp", what, 3*time.Second); err != nil {
			log.Fatalf("cannot open the database: %v", err)
		}
	case "wait":
		for {
			if _, err := net.DialTimeout("tcp", what, time.Second); err == nil {
				return
			} else {
				slog.Info("waiting", "for", what, "error", err)
			}
			time.Sleep(time.Second)
		}
	case "get":
		client := http.Client{Timeout: 3 * time.Second}
		response, err := client.Get(what)
		if err != nil {
			slog.Error("cannot reach the API", "error", err)
			os.Exit(1)
		}
		if response.StatusCode >= http.StatusBadRequest {
			log.Fatalf("cannot reach the API: it answers %s", response.Status)
		}
	case "env":
		if os.Getenv(what) == "" {
			log.Fatalf("environment variable %s is not set", what)
		}
		serve(":8080", answer)
	case "file":
		if _, err := os.ReadFile(what); err != nil {
			slog.Error("cannot read the settings", "error", err)
			os.Exit(1)
		}
	case "listen-twice":
		if _, err := net.Listen("tcp", ":8080"); err != nil {
			log.Fatal(err)
		}
		serve(":8080", answer)
	case "serve":
		if what == "" {
			what = ":8080"
		}
		serve(what, answer)
	case "serve-late":
		time.Sleep(duration(what))
		serve(":8080", answer)
	case "serve-slow":
		serve(":8080", func(writer http.ResponseWriter, request *http.Request) {
			time.Sleep(duration(what))
			answer(writer, request)
		})
	case "serve-busy":
		serve(":8080", func(writer http.ResponseWriter, request *http.Request) {
			for until := used() + duration(what); used() < until; {
			}
			answer(writer, request)
		})
	case "serve-without":
		serve(":8080", func(writer http.ResponseWriter, request *http.Request) {
			if _, err := net.DialTimeout("tcp", what, time.Second); err != nil {
				slog.Error("not ready", "error", err)
				http.Error(writer, "no database", http.StatusServiceUnavailable)
				return
			}
			answer(writer, request)
		})
	case "serve-on":
		go func() {
			signals := make(chan os.Signal, 1)
			signal.Notify(signals, syscall.SIGTERM)
			<-signals
			slog.Info("shutting down", "within", what)
			time.Sleep(duration(what))
			os.Exit(0)
		}()
		keep(":8080", answer)
	case "fatal":
		log.Fatal(what)
	case "write":
		if err := os.WriteFile(what, []byte(how), 0o600); err != nil {
			slog.Error("cannot keep the cache", "error", err)
			os.Exit(1)
		}
		serve(":8080", answer)
	case "sleep":
		time.Sleep(duration(what))
	case "nameless":
		rcode := byte(3)
		if what == "servfail" {
			rcode = 2
		}
		nameless(":53", rcode)
	case "stack":
		deep(0)
	case "files":
		files()
	case "flag":
		parse(os.Args[2:])
	case "fill":
		fill(what)
	case "kill":
		log.Fatal(syscall.Kill(os.Getpid(), syscall.SIGKILL))
	case "api":
		api(what)
	case "stumble":
		stumble(what)
	case "busy":
		busy(what)
	case "cut":
		cut(what)
	case "serve-tls":
		serveTLS(what, os.Args[3])
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		if what == "" {
			what = ":8080"
		}
		keep(what, answer)
	default:
		log.Fatalf("unknown command %s", how)
	}
}

func serve(address string, handle http.HandlerFunc) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	slog.Info("listening", "address", listener.Addr().String())
	server := &http.Server{Handler: handle}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		log.Fatal(err)
	}
}

// keep serves without heeding any signal by itself.
func keep(address string, handle http.HandlerFunc) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	slog.Info("listening", "address", listener.Addr().String())
	log.Fatal(http.Serve(listener, handle))
}

// nameless answers every question with that code, as 3 for NXDOMAIN (RFC 1035, 4.1.1): the question again, with the bits
// of an answer set.
func nameless(address string, rcode byte) {
	socket, err := net.ListenPacket("udp", address)
	if err != nil {
		log.Fatal(err)
	}
	slog.Info("listening", "address", socket.LocalAddr().String())
	packet := make([]byte, 4096)
	for {
		length, from, err := socket.ReadFrom(packet)
		if err != nil {
			log.Fatal(err)
		}
		if length < 12 {
			continue
		}
		packet[2], packet[3] = 0x85, 0x80|rcode
		packet[10], packet[11] = 0, 0 // no additional records: the client's EDNS option is not answered
		_, _ = socket.WriteTo(packet[:end(packet[:length])], from)
	}
}

// end is where the first question of a message ends.
func end(message []byte) int {
	at := 12
	for at < len(message) && message[at] != 0 {
		at += int(message[at]) + 1
	}
	return min(at+5, len(message))
}

func answer(writer http.ResponseWriter, request *http.Request) {
	switch request.URL.Path {
	case "/healthz":
		writer.WriteHeader(http.StatusOK)
	case "/misdirected":
		writer.WriteHeader(http.StatusMisdirectedRequest)
	case "/secure":
		host, _, _ := net.SplitHostPort(request.Host)
		http.Redirect(writer, request, "https://"+net.JoinHostPort(host, "8443")+"/", http.StatusFound)
	case "/here":
		http.Redirect(writer, request, "/healthz", http.StatusFound)
	case "/moved":
		http.Redirect(writer, request, "http://elsewhere.example/", http.StatusFound)
	case "/broken":
		writer.WriteHeader(http.StatusInternalServerError)
	case "/login":
		writer.WriteHeader(http.StatusUnauthorized)
	default:
		http.NotFound(writer, request)
	}
}

// used is the processor time of this process so far.
func used() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func wait(never chan int) int { return <-never }

func race(counts map[int]int) {
	var all sync.WaitGroup
	for worker := range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; ; i++ {
				counts[i%10] = worker
			}
		}()
	}
	all.Wait()
}

type order struct{ prices []int }

func (o *order) total() (sum int) {
	for _, price := range o.prices {
		sum += price
	}
	return sum
}

func leak() {
	var kept [][]byte
	for {
		block := make([]byte, 1<<20)
		for i := range block {
			block[i] = byte(i)
		}
		kept = append(kept, block)
		if len(kept)%16 == 0 {
			slog.Warn("memory grows", "megabytes", len(kept))
		}
	}
}

func duration(text string) time.Duration {
	length, err := time.ParseDuration(text)
	if err != nil {
		log.Fatal(err)
	}
	return length
}
