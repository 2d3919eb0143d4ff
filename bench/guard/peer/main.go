// guardpeer checks paths against a policy the way that the guard of SEC-002 does: every pattern after the other, and a violation with its
// message at the first that matches. It reads patterns and paths from standard input and prints nanoseconds per check.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

type question struct {
	Patterns []string `json:"patterns"`
	Misses   []string `json:"misses"`
	Hits     []string `json:"hits"`
	Rounds   int      `json:"rounds"`
	RoundMs  int      `json:"roundMs"`
}

type answer struct {
	Miss float64 `json:"miss"`
	Hit  float64 `json:"hit"`
}

type violation struct {
	at       time.Time
	process  string
	pid      int
	kind     string
	detail   string
	severity string
	action   string
	mode     string
}

type guard struct {
	lock       sync.RWMutex
	blocked    map[string][]string
	violations int
	byProcess  map[string]int
}

// A final star takes the slash before it along; what is left is the start of a path.
func matches(pattern, path string) bool {
	if strings.HasSuffix(pattern, "/*") {
		return strings.HasPrefix(path, strings.TrimSuffix(pattern, "/*"))
	}
	if strings.HasSuffix(pattern, "*") {
		return strings.HasPrefix(path, strings.TrimSuffix(pattern, "*"))
	}
	return pattern == path
}

func (g *guard) check(process string, pid int, path string) *violation {
	g.lock.RLock()
	patterns, listed := g.blocked[process]
	g.lock.RUnlock()
	if !listed {
		return nil
	}
	for _, pattern := range patterns {
		if matches(pattern, path) {
			found := &violation{time.Now(), process, pid, "file", fmt.Sprintf("access to %s is blocked by %s", path, pattern), "HIGH", "logged", "audit"}
			g.lock.Lock()
			g.violations++
			g.byProcess[process]++
			g.lock.Unlock()
			return found
		}
	}
	return nil
}

// The fastest of the rounds: whatever else the machine does only adds.
func nanos(g *guard, paths []string, expected bool, q question) float64 {
	best := 0.0
	for round := 0; round < q.Rounds; round++ {
		checks := 0
		start := time.Now()
		for time.Since(start) < time.Duration(q.RoundMs)*time.Millisecond {
			for _, path := range paths {
				if (g.check("payments", 7, path) != nil) != expected {
					fmt.Fprintln(os.Stderr, "a path is not what the question says:", path)
					os.Exit(1)
				}
			}
			checks += len(paths)
		}
		each := float64(time.Since(start).Nanoseconds()) / float64(checks)
		if round == 0 || each < best {
			best = each
		}
	}
	return best
}

func main() {
	var q question
	if err := json.NewDecoder(os.Stdin).Decode(&q); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	g := &guard{blocked: map[string][]string{"payments": q.Patterns}, byProcess: map[string]int{}}
	json.NewEncoder(os.Stdout).Encode(answer{nanos(g, q.Misses, false, q), nanos(g, q.Hits, true, q)})
}
