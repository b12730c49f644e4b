package goclient

import (
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
)

// What tests have asked, by the test and then by method and path. A test says which endpoints it shows in lines
// `shows: METHOD /path` before it, of which docs/API.md is made, and is held to have asked them.
var asked = struct {
	sync.Mutex
	by map[string]map[string]bool
}{by: map[string]map[string]bool{}}

var (
	testFunction = regexp.MustCompile(`/go-client\.(Test\w+)`)
	shown        = regexp.MustCompile(`(?m)^shows: ([A-Z]+) (/\S+)$`)
	variable     = regexp.MustCompile(`:[a-z]+`)
)

// Notes each request under the test that makes it.
type noting struct {
	next http.RoundTripper
}

func (n noting) RoundTrip(request *http.Request) (*http.Response, error) {
	if test := caller(); test != "" {
		asked.Lock()
		if asked.by[test] == nil {
			asked.by[test] = map[string]bool{}
		}
		asked.by[test][request.Method+" "+request.URL.Path] = true
		asked.Unlock()
	}
	return n.next.RoundTrip(request)
}

// The test on the stack; empty in what is done after one, or between them.
func caller() string {
	var counters [128]uintptr
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters[:])])
	for {
		frame, more := frames.Next()
		if found := testFunction.FindStringSubmatch(frame.Function); found != nil {
			return found[1]
		}
		if !more {
			return ""
		}
	}
}

// Whether each test has asked what it says to show; of a part of the tests, only those that asked something.
func shows() error {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		return err
	}
	var faults []error
	claims := 0
	for _, file := range files {
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, each := range source.Decls {
			function, ok := each.(*ast.FuncDecl)
			if !ok || function.Doc == nil {
				continue
			}
			for _, claim := range shown.FindAllStringSubmatch(function.Doc.Text(), -1) {
				claims++
				faults = append(faults, held(function.Name.Name, claim[1], claim[2]))
			}
		}
	}
	if claims < 60 {
		faults = append(faults, fmt.Errorf("lines 'shows': expected at least 60; found %d", claims))
	}
	return errors.Join(faults...)
}

func held(test, method, path string) error {
	isPart := flag.Lookup("test.run").Value.String() != ""
	if isPart && asked.by[test] == nil {
		return nil
	}
	pattern := regexp.MustCompile("^" + method + " " + variable.ReplaceAllString(path, "[^/]+") + "$")
	var found []string
	for request := range asked.by[test] {
		if pattern.MatchString(request) {
			return nil
		}
		found = append(found, request)
	}
	return fmt.Errorf("%s: expected to ask %s %s; found %s", test, method, path, strings.Join(found, ", "))
}
