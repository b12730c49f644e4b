// Package goclient holds hansa to what Consul's own client expects.
package goclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// A server of hansa as a process, and the client that talks to it.
type server struct {
	name   string
	host   string
	data   string
	cmd    *exec.Cmd
	client *api.Client
}

var (
	eks *server
	lke *server
	// of this run
	scratch string
)

const startLimit = 2 * time.Minute

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "hansa-go-client-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	scratch = folder
	defer func() {
		if guarded != nil {
			guarded.stop()
		}
	}()
	if eks, err = start("eks", "127.171.0.1", filepath.Join(folder, "eks")); err == nil {
		defer eks.stop()
		lke, err = start("lke", "127.172.0.1", filepath.Join(folder, "lke"))
	}
	if err == nil {
		defer lke.stop()
		err = errors.Join(eks.ready(), lke.ready())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if code == 0 {
		if err := shows(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

func start(name, host, data string, flags ...string) (*server, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll("target", 0o755); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join("target", name+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	words := append([]string{"server",
		"--datacenter", name,
		"--data-dir", data,
		"--http-address", host + ":8500",
		"--proxy-address", host + ":8502",
		"--peer-address", host + ":8503",
		"--admin-address", host + ":19500",
		"--dns-address", host + ":8600"}, flags...)
	cmd := exec.Command(filepath.Join(root, "hansa"), words...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "HANSA_NO_BUILD=1")
	if os.Getenv("HANSA_JAVA_OPTS") == "" {
		cmd.Env = append(cmd.Env, "HANSA_JAVA_OPTS=-XX:TieredStopAtLevel=1")
	}
	cmd.Stdout, cmd.Stderr = log, log
	// a test that is killed leaves no server behind
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	config := api.DefaultNonPooledConfig()
	config.Address = host + ":8500"
	config.HttpClient = &http.Client{Transport: noting{config.Transport}}
	client, err := api.NewClient(config)
	if err != nil {
		return nil, err
	}
	return &server{name: name, host: host, data: data, cmd: cmd, client: client}, nil
}

func (s *server) ready() error {
	return within(startLimit, func() error {
		leader, err := s.client.Status().Leader()
		if err == nil && leader == "" {
			err = errors.New(s.name + ": expected a leader; found none")
		}
		return err
	})
}

func (s *server) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// Asks again until there is no error, at most for the limit.
func within(limit time.Duration, ask func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := ask()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func eventually(t *testing.T, ask func() error) {
	t.Helper()
	if err := within(30*time.Second, ask); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, what string, found, expected T) {
	t.Helper()
	if found != expected {
		t.Fatalf("%s: expected %v; found %v", what, expected, found)
	}
}

func refused(t *testing.T, err error, code int, sentence string) {
	t.Helper()
	var status api.StatusError
	if !errors.As(err, &status) {
		t.Fatalf("expected status %d; found %v", code, err)
	}
	if status.Code != code || !strings.Contains(status.Body, sentence) {
		t.Fatalf("expected %d with %q; found %d with %q", code, sentence, status.Code, status.Body)
	}
}

func background() context.Context {
	return context.Background()
}

// Registers a service at a node of its own, and takes both away when the test ends.
func catalogService(t *testing.T, s *server, node, service string, tags ...string) {
	t.Helper()
	_, err := s.client.Catalog().Register(&api.CatalogRegistration{
		Node:     node,
		Address:  "192.0.2.10",
		NodeMeta: map[string]string{"zone": "a"},
		Service: &api.AgentService{
			ID:      service + "-1",
			Service: service,
			Port:    8080,
			Tags:    tags,
			Meta:    map[string]string{"version": "v1"},
		},
		Checks: api.HealthChecks{{
			Node: node, CheckID: service + "-check", Name: "is it up", ServiceID: service + "-1",
			Status: api.HealthPassing, Output: "fine",
		}},
	}, nil)
	must(t, err)
	t.Cleanup(func() {
		_, _ = s.client.Catalog().Deregister(&api.CatalogDeregistration{Node: node}, nil)
	})
}

// Registers a service with the agent, and takes it away when the test ends.
func agentService(t *testing.T, s *server, registration *api.AgentServiceRegistration) {
	t.Helper()
	must(t, s.client.Agent().ServiceRegister(registration))
	id := registration.ID
	if id == "" {
		id = registration.Name
	}
	t.Cleanup(func() { _ = s.client.Agent().ServiceDeregister(id) })
}

func status(s *server, check string) (string, string, error) {
	checks, err := s.client.Agent().Checks()
	if err != nil {
		return "", "", err
	}
	found, ok := checks[check]
	if !ok {
		return "", "", fmt.Errorf("check %s: expected one; found none", check)
	}
	return found.Status, found.Output, nil
}

func becomes(t *testing.T, s *server, check, expected string) string {
	t.Helper()
	var output string
	eventually(t, func() error {
		found, text, err := status(s, check)
		output = text
		if err == nil && found != expected {
			err = fmt.Errorf("check %s: expected %s; found %s: %s", check, expected, found, text)
		}
		return err
	})
	return output
}
