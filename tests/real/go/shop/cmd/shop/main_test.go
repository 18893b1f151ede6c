package main

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	recorder := httptest.NewRecorder()
	routes().ServeHTTP(recorder, httptest.NewRequest("GET", "/api/health", nil))
	if recorder.Code != 200 || !strings.Contains(recorder.Body.String(), "ok") {
		t.Fatalf("%d %s", recorder.Code, recorder.Body)
	}
}

func TestGreeting(t *testing.T) {
	recorder := httptest.NewRecorder()
	routes().ServeHTTP(recorder, httptest.NewRequest("GET", "/", nil))
	if !strings.Contains(recorder.Body.String(), greeting) {
		t.Fatalf("says %s", recorder.Body)
	}
}
