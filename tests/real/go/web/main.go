// Command web is a small Go web service as one meets it in production: it has a health endpoint, metrics, structured logs and a graceful end. Its
// environment makes it fail in the ways such services fail:
//
//	CRASH=1          panics at the start (assignment to entry in nil map)
//	CRASH_AFTER=5s   panics after that time
//	EXIT=3           exits with that code at the start, 0 included
//	HICCUP_UNTIL=T   started before that time (RFC 3339), waits for it and exits with code 1: a database that comes up late
//	UNREADY=1        answers its health check with 500
//	READY_AFTER=5s   answers its health check with 503 until then
//	SICK_AFTER=5s    answers its health check with 500 from then on
//	SLOW=200ms       takes that long for every answer
//	LEAK=1           keeps another megabyte every 50 ms, until the kernel ends it
//	VERSION=2        what /version and the metrics call it
//	PORT=8080        where it listens
//	FAULTS=1         also serves everything that can go wrong with a probe: faults.go
//
// POST /switch?unready=true makes one running Pod sick, as a lost database would; ?unready=false heals it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// drain is how long a request in flight may take once the service was told to end.
const drain = 10 * time.Second

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	settings, err := read(os.LookupEnv)
	if err != nil {
		slog.Error("cannot read the settings", "error", err)
		os.Exit(2)
	}
	slog.Info("starting", "version", settings.version, "port", settings.port)
	if settings.exit >= 0 {
		slog.Error("told to exit", "code", settings.exit)
		os.Exit(settings.exit)
	}
	if time.Now().Before(settings.hiccupUntil) {
		time.Sleep(time.Until(settings.hiccupUntil))
		slog.Error("cannot reach the database", "error", "dial tcp 10.0.0.9:5432: connect: connection refused")
		os.Exit(1)
	}
	if settings.crash {
		warmUp(nil)
	}
	if err := serve(settings); err != nil {
		slog.Error("cannot serve", "error", err)
		os.Exit(1)
	}
}

// warmUp fills the cache of routes; a nil cache is the bug that CRASH shows.
func warmUp(routes map[string]string) {
	routes["/api/health"] = "health"
}

func serve(settings settings) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", ":"+settings.port)
	if err != nil {
		return err
	}
	app := newService(settings, time.Now())
	handler := app.handler()
	if settings.faults {
		if err := faulty(handler); err != nil {
			return err
		}
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	if settings.crashAfter > 0 {
		time.AfterFunc(settings.crashAfter, func() { warmUp(nil) })
	}
	if settings.leak {
		go leak(ctx)
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	slog.Info("listening", "address", listener.Addr().String())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	slog.Info("ending", "in_flight", app.inFlight.Load())
	limited, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	if err := server.Shutdown(limited); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("requests still in flight after %s: %w", drain, err)
	}
	slog.Info("ended", "served", app.served.Load())
	return nil
}

// leak keeps memory until ctx ends, or the kernel ends the process.
func leak(ctx context.Context) {
	var kept [][]byte
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
		block := make([]byte, 1<<20)
		for i := range block {
			block[i] = byte(i)
		}
		kept = append(kept, block)
		if len(kept)%20 == 0 {
			slog.Warn("memory grows", "megabytes", len(kept))
		}
	}
}

// settings is the environment, read once.
type settings struct {
	version, port                           string
	crash, unready, leak, faults            bool
	exit                                    int // negative: none
	crashAfter, readyAfter, sickAfter, slow time.Duration
	hiccupUntil                             time.Time
}

func read(lookup func(string) (string, bool)) (settings, error) {
	result := settings{version: version, port: "8080", exit: -1}
	var problems []error
	text := func(name string, set func(string) error) {
		if value, found := lookup(name); found && value != "" {
			if err := set(value); err != nil {
				problems = append(problems, fmt.Errorf("%s=%q: %w", name, value, err))
			}
		}
	}
	plain := func(target *string) func(string) error {
		return func(value string) error { *target = value; return nil }
	}
	flag := func(target *bool) func(string) error {
		return func(value string) (err error) { *target, err = strconv.ParseBool(value); return }
	}
	span := func(target *time.Duration) func(string) error {
		return func(value string) (err error) { *target, err = time.ParseDuration(value); return }
	}
	text("VERSION", plain(&result.version))
	text("PORT", plain(&result.port))
	text("CRASH", flag(&result.crash))
	text("UNREADY", flag(&result.unready))
	text("LEAK", flag(&result.leak))
	text("FAULTS", flag(&result.faults))
	text("EXIT", func(value string) (err error) { result.exit, err = strconv.Atoi(value); return })
	text("CRASH_AFTER", span(&result.crashAfter))
	text("READY_AFTER", span(&result.readyAfter))
	text("SICK_AFTER", span(&result.sickAfter))
	text("SLOW", span(&result.slow))
	text("HICCUP_UNTIL", func(value string) (err error) { result.hiccupUntil, err = time.Parse(time.RFC3339, value); return })
	return result, errors.Join(problems...)
}

// version is what an image without VERSION calls itself.
var version = "dev"

func writeJSON(writer http.ResponseWriter, code int, value any) {
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(code)
	if err := json.NewEncoder(writer).Encode(value); err != nil {
		slog.Warn("cannot answer", "error", err)
	}
}
