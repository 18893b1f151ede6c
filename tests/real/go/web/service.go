package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// bounds are the upper ends of the latency histogram's buckets, in seconds.
var bounds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// series is one combination of labels of the request metrics.
type series struct {
	path string
	code int
}

// service answers requests and counts them.
type service struct {
	settings         settings
	started          time.Time
	inFlight, served atomic.Int64
	sick             atomic.Bool

	mutex   sync.Mutex
	count   map[series]uint64
	buckets []uint64
	total   uint64
	seconds float64
}

func newService(settings settings, started time.Time) *service {
	made := &service{settings: settings, started: started, count: map[series]uint64{}, buckets: make([]uint64, len(bounds))}
	made.sick.Store(settings.unready)
	return made
}

func (s *service) handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/health", s.health)
	mux.HandleFunc("GET /version", func(writer http.ResponseWriter, _ *http.Request) {
		writeJSON(writer, http.StatusOK, map[string]string{"version": s.settings.version, "go": runtime.Version()})
	})
	mux.HandleFunc("POST /switch", func(writer http.ResponseWriter, request *http.Request) {
		s.sick.Store(request.URL.Query().Get("unready") == "true")
		writeJSON(writer, http.StatusOK, map[string]bool{"unready": s.sick.Load()})
	})
	mux.HandleFunc("GET /{$}", func(writer http.ResponseWriter, _ *http.Request) {
		writeJSON(writer, http.StatusOK, map[string]string{"service": "web", "version": s.settings.version})
	})
	root := http.NewServeMux()
	root.HandleFunc("GET /metrics", s.metrics)
	root.Handle("/", s.observed(mux))
	return root
}

// health is what the probes ask: 500 when the service was told to be sick, 503 while it warms up.
func (s *service) health(writer http.ResponseWriter, _ *http.Request) {
	switch {
	case s.sick.Load():
		writeJSON(writer, http.StatusInternalServerError, map[string]string{"status": "unhealthy", "reason": "database: connection refused"})
	case s.settings.sickAfter > 0 && time.Since(s.started) >= s.settings.sickAfter:
		writeJSON(writer, http.StatusInternalServerError, map[string]string{"status": "unhealthy", "reason": "deadlock"})
	case time.Since(s.started) < s.settings.readyAfter:
		writeJSON(writer, http.StatusServiceUnavailable, map[string]string{"status": "starting"})
	default:
		writeJSON(writer, http.StatusOK, map[string]string{"status": "ok", "version": s.settings.version})
	}
}

// observed counts, times and logs every request; probes are logged only when they fail.
func (s *service) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		begun := time.Now()
		s.inFlight.Add(1)
		defer s.inFlight.Add(-1)
		if s.settings.slow > 0 {
			time.Sleep(s.settings.slow)
		}
		answer := &recorder{ResponseWriter: writer, code: http.StatusOK}
		next.ServeHTTP(answer, request)
		elapsed := time.Since(begun)
		s.record(series{path(request), answer.code}, elapsed)
		if request.URL.Path != "/api/health" || answer.code != http.StatusOK {
			slog.Info("request", "method", request.Method, "path", request.URL.Path, "code", answer.code, "ms", float64(elapsed.Microseconds())/1000)
		}
	})
}

func (s *service) record(key series, elapsed time.Duration) {
	s.served.Add(1)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.count[key]++
	s.total++
	s.seconds += elapsed.Seconds()
	for i, bound := range bounds {
		if elapsed.Seconds() <= bound {
			s.buckets[i]++
		}
	}
}

// metrics answers in Prometheus' text format, version 0.0.4.
func (s *service) metrics(writer http.ResponseWriter, _ *http.Request) {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	writer.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	say := func(format string, values ...any) { fmt.Fprintf(writer, format+"\n", values...) }
	say("# HELP build_info What runs here.\n# TYPE build_info gauge")
	say("build_info{version=%q,goversion=%q} 1", s.settings.version, runtime.Version())
	say("# HELP http_requests_total Requests answered.\n# TYPE http_requests_total counter")
	keys := make([]series, 0, len(s.count))
	for key := range s.count {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool {
		return keys[i].path < keys[j].path || keys[i].path == keys[j].path && keys[i].code < keys[j].code
	})
	for _, key := range keys {
		say("http_requests_total{path=%q,code=\"%d\"} %d", key.path, key.code, s.count[key])
	}
	say("# HELP http_request_duration_seconds Time to answer.\n# TYPE http_request_duration_seconds histogram")
	for i, bound := range bounds {
		say("http_request_duration_seconds_bucket{le=\"%g\"} %d", bound, s.buckets[i])
	}
	say("http_request_duration_seconds_bucket{le=\"+Inf\"} %d", s.total)
	say("http_request_duration_seconds_sum %g\nhttp_request_duration_seconds_count %d", s.seconds, s.total)
	say("# HELP http_requests_in_flight Requests being answered now.\n# TYPE http_requests_in_flight gauge")
	say("http_requests_in_flight %d", s.inFlight.Load())
	say("# HELP go_goroutines Goroutines that exist.\n# TYPE go_goroutines gauge\ngo_goroutines %d", runtime.NumGoroutine())
	say("# HELP go_memstats_alloc_bytes Bytes in use.\n# TYPE go_memstats_alloc_bytes gauge\ngo_memstats_alloc_bytes %d", memory.Alloc)
	say("# HELP process_start_time_seconds When the process began.\n# TYPE process_start_time_seconds gauge")
	say("process_start_time_seconds %.3f", float64(s.started.UnixMilli())/1000)
}

// path is the label of a request: the pattern that answered, so that strangers' paths cannot grow the metrics without bound.
func path(request *http.Request) string {
	if request.Pattern == "" {
		return "other"
	}
	return request.URL.Path
}

// recorder remembers the status code that a handler sent.
type recorder struct {
	http.ResponseWriter
	code int
}

func (r *recorder) WriteHeader(code int) {
	r.code = code
	r.ResponseWriter.WriteHeader(code)
}
