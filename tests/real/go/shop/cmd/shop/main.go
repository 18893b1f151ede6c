// Command shop is a Go web service of the usual shape, without dependencies: a health endpoint, metrics, structured logs, a graceful end. Its
// repository is what the delivery of a service is tried on.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

const greeting = "hello"

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	prepare(map[string]string{})
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	server := &http.Server{Addr: ":8080", Handler: routes(), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		limited, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := server.Shutdown(limited); err != nil {
			slog.Error("cannot end in time", "error", err)
		}
	}()
	slog.Info("listening", "address", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		slog.Error("cannot serve", "error", err)
		os.Exit(1)
	}
}

// prepare fills the stock; a nil map is the bug that a broken version shows.
func prepare(stock map[string]string) {
	stock["apples"] = "7"
}

func routes() http.Handler {
	var served atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/health", func(writer http.ResponseWriter, _ *http.Request) { answer(writer, map[string]string{"status": "ok"}) })
	mux.HandleFunc("GET /metrics", func(writer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(writer, "# TYPE http_requests_total counter\nhttp_requests_total %d\n", served.Load())
	})
	mux.HandleFunc("GET /{$}", func(writer http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		answer(writer, map[string]string{"says": greeting, "level": os.Getenv("LOG_LEVEL")})
	})
	return mux
}

func answer(writer http.ResponseWriter, value any) {
	writer.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(writer).Encode(value); err != nil {
		slog.Warn("cannot answer", "error", err)
	}
}
