package goclient

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// shows: GET /v1/agent/self
// shows: GET /v1/agent/version
// shows: GET /v1/agent/members
func TestAgentSaysWhoItIs(t *testing.T) {
	client := eks.client.Agent()
	self, err := client.Self()
	must(t, err)
	equal(t, "the datacenter", self["Config"]["Datacenter"].(string), "eks")
	equal(t, "a server", self["Config"]["Server"].(bool), true)
	name, err := client.NodeName()
	must(t, err)
	members, err := client.Members(false)
	must(t, err)
	equal(t, "members", len(members), 1)
	equal(t, "the member's name", members[0].Name, name)
	equal(t, "its status", members[0].Status, 1)
	equal(t, "its role", members[0].Tags["role"], "consul")
	equal(t, "its datacenter", members[0].Tags["dc"], "eks")
	if net.ParseIP(members[0].Addr) == nil {
		t.Fatalf("expected an IP address; found %q", members[0].Addr)
	}
	members, err = client.MembersOpts(api.MembersOpts{Filter: `Tags.role == "consul"`})
	must(t, err)
	equal(t, "members that are servers", len(members), 1)
	version, err := client.Version()
	must(t, err)
	if version["HumanVersion"] == "" {
		t.Fatalf("expected a version; found %v", version)
	}
}

// shows: GET /v1/agent/services
// shows: PUT /v1/agent/service/register
// shows: PUT /v1/agent/service/deregister/:id
func TestAgentRegistersAServiceWithItsChecks(t *testing.T) {
	client := eks.client.Agent()
	agentService(t, eks, &api.AgentServiceRegistration{
		ID: "web-1", Name: "web", Port: 8080, Address: "192.0.2.20", Tags: []string{"blue"},
		Meta:            map[string]string{"version": "v1"},
		TaggedAddresses: map[string]api.ServiceAddress{"wan": {Address: "198.51.100.1", Port: 80}},
		Weights:         &api.AgentWeights{Passing: 10, Warning: 2},
		Check:           &api.AgentServiceCheck{TTL: "1h", Status: api.HealthPassing, Notes: "its own word"},
		Checks:          api.AgentServiceChecks{{CheckID: "second", Name: "second", TTL: "1h"}},
	})

	services, err := client.Services()
	must(t, err)
	web := services["web-1"]
	if web == nil {
		t.Fatalf("expected web-1; found %v", services)
	}
	equal(t, "the name", web.Service, "web")
	equal(t, "the port", web.Port, 8080)
	equal(t, "the address", web.Address, "192.0.2.20")
	equal(t, "the weight", web.Weights.Passing, 10)
	equal(t, "the WAN address", web.TaggedAddresses["wan"].Address, "198.51.100.1")
	services, err = client.ServicesWithFilter("Port == 9999")
	must(t, err)
	equal(t, "services at another port", len(services), 0)
	checks, err := client.ChecksWithFilter(`ServiceID == "web-1"`)
	must(t, err)
	equal(t, "checks", len(checks), 2)
	equal(t, "the first check's type", checks["service:web-1:1"].Type, "ttl")
	equal(t, "its status", checks["service:web-1:1"].Status, api.HealthPassing)
	equal(t, "its notes", checks["service:web-1:1"].Notes, "its own word")
	equal(t, "the second's status", checks["second"].Status, api.HealthCritical)

	one, meta, err := client.Service("web-1", nil)
	must(t, err)
	equal(t, "the one service", one.Service, "web")
	if one.ContentHash == "" || meta.LastContentHash != one.ContentHash {
		t.Fatalf("expected a hash, also as a header; found %q and %q", one.ContentHash, meta.LastContentHash)
	}
	_, _, err = client.Service("web-2", nil)
	refused(t, err, 404, "unknown service ID: web-2")

	must(t, client.ServiceRegisterOpts(&api.AgentServiceRegistration{
		ID: "web-1", Name: "web", Port: 8081, Check: &api.AgentServiceCheck{CheckID: "second", TTL: "1h"},
	}, api.ServiceRegisterOpts{ReplaceExistingChecks: true}))
	checks, err = client.ChecksWithFilter(`ServiceID == "web-1"`)
	must(t, err)
	equal(t, "checks after they were replaced", len(checks), 1)
	again, _, err := client.Service("web-1", nil)
	must(t, err)
	equal(t, "the port", again.Port, 8081)
	if again.ContentHash == one.ContentHash {
		t.Fatal("expected another hash; found the same")
	}

	must(t, client.ServiceDeregister("web-1"))
	refused(t, client.ServiceDeregister("web-1"), 404, "Unknown service ID")
}

func TestAgentShowsWhatChangesNothing(t *testing.T) {
	client := eks.client.Agent()
	locality := &api.Locality{Region: "us-west-1", Zone: "us-west-1a"}
	agentService(t, eks, &api.AgentServiceRegistration{Name: "remarked", Port: 8000, EnableTagOverride: true,
		SocketPath: "/tmp/remarked.sock", Locality: locality})
	one, _, err := client.Service("remarked", nil)
	must(t, err)
	equal(t, "whether others may change tags", one.EnableTagOverride, true)
	equal(t, "the socket", one.SocketPath, "/tmp/remarked.sock")
	equal(t, "where it runs", *one.Locality, *locality)
}

func TestAgentCountsTheChecksOfAService(t *testing.T) {
	client := eks.client.Agent()
	agentService(t, eks, &api.AgentServiceRegistration{Name: "counted", Port: 8000, Checks: api.AgentServiceChecks{
		{TTL: "15s"}, {TTL: "30s"}}})
	checks, err := client.Checks()
	must(t, err)
	for _, id := range []string{"service:counted:1", "service:counted:2"} {
		if checks[id] == nil {
			t.Fatalf("expected check %s; found %v", id, checks)
		}
	}
	must(t, client.PassTTL("service:counted:1", "well"))
	must(t, client.CheckRegister(&api.AgentCheckRegistration{Name: "Memory utilization", ServiceID: "counted",
		AgentServiceCheck: api.AgentServiceCheck{TTL: "15s"}}))
	must(t, client.PassTTL("Memory utilization", "enough"))
	must(t, client.CheckDeregister("Memory utilization"))
}

// shows: GET /v1/agent/service/:id
func TestAgentsServiceWakesWhoeverKnowsItsHash(t *testing.T) {
	client := eks.client.Agent()
	agentService(t, eks, &api.AgentServiceRegistration{Name: "hashed", Port: 1})
	before, _, err := client.Service("hashed", nil)
	must(t, err)
	woken := make(chan int, 1)
	go func() {
		after, _, err := client.Service("hashed",
			&api.QueryOptions{WaitHash: before.ContentHash, WaitTime: time.Minute})
		if err == nil {
			woken <- after.Port
		}
		close(woken)
	}()
	must(t, client.ServiceRegister(&api.AgentServiceRegistration{Name: "hashed", Port: 2}))
	select {
	case port := <-woken:
		equal(t, "the port", port, 2)
	case <-time.After(30 * time.Second):
		t.Fatal("expected to be woken; found nothing for 30 s")
	}
}

// shows: PUT /v1/agent/check/warn/:id
// shows: PUT /v1/agent/check/fail/:id
// shows: PUT /v1/agent/check/update/:id
// shows: GET /v1/agent/health/service/id/:id
// shows: GET /v1/agent/health/service/name/:name
func TestAgentsTtlCheckIsWhatItsOwnerSays(t *testing.T) {
	client := eks.client.Agent()
	agentService(t, eks, &api.AgentServiceRegistration{Name: "spoken", Check: &api.AgentServiceCheck{TTL: "1h"}})
	said := func(expected, output string, err error) {
		t.Helper()
		must(t, err)
		found, text, err := status(eks, "service:spoken")
		must(t, err)
		equal(t, "the status", found, expected)
		equal(t, "the output", text, output)
	}
	said(api.HealthPassing, "well", client.PassTTL("service:spoken", "well"))
	said(api.HealthWarning, "so so", client.WarnTTL("service:spoken", "so so"))
	said(api.HealthCritical, "ill", client.FailTTL("service:spoken", "ill"))
	said(api.HealthPassing, "better", client.UpdateTTL("service:spoken", "better", api.HealthPassing))
	refused(t, client.UpdateTTL("nothing", "", api.HealthPassing), 404, "Unknown check ID")

	// who registers again at each start keeps what was said
	must(t, client.ServiceRegister(&api.AgentServiceRegistration{
		Name: "spoken", Check: &api.AgentServiceCheck{TTL: "1h"}}))
	said(api.HealthPassing, "better", nil)

	health, info, err := client.AgentHealthServiceByID("spoken")
	must(t, err)
	equal(t, "the service's health", health, api.HealthPassing)
	equal(t, "its id", info.Service.ID, "spoken")
	health, all, err := client.AgentHealthServiceByName("spoken")
	must(t, err)
	equal(t, "health by name", health, api.HealthPassing)
	equal(t, "instances", len(all), 1)
	must(t, client.FailTTL("service:spoken", ""))
	health, _, err = client.AgentHealthServiceByID("spoken")
	must(t, err)
	equal(t, "health of what failed", health, api.HealthCritical)
	health, info, err = client.AgentHealthServiceByID("nothing")
	must(t, err)
	if health != api.HealthCritical || info != nil {
		t.Fatalf("expected critical and no service; found %s, %v", health, info)
	}
}

// shows: PUT /v1/agent/check/pass/:id
func TestAgentsTtlCheckExpires(t *testing.T) {
	client := eks.client.Agent()
	agentService(t, eks, &api.AgentServiceRegistration{Name: "silent", Check: &api.AgentServiceCheck{TTL: "700ms"}})
	must(t, client.PassTTL("service:silent", "for now"))
	output := becomes(t, eks, "service:silent", api.HealthCritical)
	if !strings.Contains(output, "for now") {
		t.Fatalf("expected the last word in the output; found %q", output)
	}
	entries, _, err := eks.client.Health().Service("silent", "", true, nil)
	must(t, err)
	equal(t, "passing instances", len(entries), 0)
	must(t, client.PassTTL("service:silent", "again"))
	found, _, err := status(eks, "service:silent")
	must(t, err)
	equal(t, "the status", found, api.HealthPassing)
}

// shows: GET /v1/agent/checks
func TestAgentRunsHttpChecks(t *testing.T) {
	var code atomic.Int32
	code.Store(200)
	var token atomic.Value
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token.Store(r.Header.Get("X-Token"))
		w.WriteHeader(int(code.Load()))
		fmt.Fprint(w, "<script>its words</script>")
	}))
	defer target.Close()
	agentService(t, eks, &api.AgentServiceRegistration{Name: "asked", Check: &api.AgentServiceCheck{
		HTTP: target.URL + "/health", Interval: "1s", Timeout: "5s", Method: "POST", Body: "are you well",
		Header: map[string][]string{"X-Token": {"a secret"}}}})

	output := becomes(t, eks, "service:asked", api.HealthPassing)
	if !strings.Contains(output, "its words") {
		t.Fatalf("expected what the target said; found %q", output)
	}
	equal(t, "the header that the target got", token.Load().(string), "a secret")
	checks, err := eks.client.Agent().Checks()
	must(t, err)
	definition := checks["service:asked"].Definition
	equal(t, "the definition's URL", definition.HTTP, target.URL+"/health")
	equal(t, "its interval", time.Duration(definition.Interval), time.Second)
	if strings.Contains(fmt.Sprint(definition.Header), "secret") {
		t.Fatalf("expected the header's value to be hidden; found %v", definition.Header)
	}
	code.Store(429)
	becomes(t, eks, "service:asked", api.HealthWarning)
	code.Store(500)
	becomes(t, eks, "service:asked", api.HealthCritical)
	entries, _, err := eks.client.Health().Service("asked", "", true, nil)
	must(t, err)
	equal(t, "passing instances", len(entries), 0)
	code.Store(204)
	becomes(t, eks, "service:asked", api.HealthPassing)
}

func TestAgentRunsTcpChecks(t *testing.T) {
	target, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := target.Addr().String()
	agentService(t, eks, &api.AgentServiceRegistration{Name: "dialled", Check: &api.AgentServiceCheck{
		TCP: address, Interval: "1s", Timeout: "1s", SuccessBeforePassing: 2, FailuresBeforeCritical: 2,
		FailuresBeforeWarning: 1}})
	becomes(t, eks, "service:dialled", api.HealthPassing)
	must(t, eks.client.Agent().CheckRegister(&api.AgentCheckRegistration{ID: "called", Name: "called",
		AgentServiceCheck: api.AgentServiceCheck{GRPC: address + "/shop.Cart", Interval: "1s", Timeout: "1s",
			Status: api.HealthPassing}}))
	t.Cleanup(func() { _ = eks.client.Agent().CheckDeregister("called") })
	// it accepts, and speaks no gRPC
	becomes(t, eks, "called", api.HealthCritical)
	target.Close()
	becomes(t, eks, "service:dialled", api.HealthWarning)
	becomes(t, eks, "service:dialled", api.HealthCritical)
}

func TestAgentRefusesChecksThatItDoesNotRun(t *testing.T) {
	for _, check := range []*api.AgentServiceCheck{
		{Args: []string{"/bin/true"}, Interval: "10s"},
		{DockerContainerID: "x", Shell: "/bin/sh", Args: []string{"x"}, Interval: "10s"},
		{UDP: "127.0.0.1:1", Interval: "10s"},
		{AliasService: "web"},
	} {
		err := eks.client.Agent().ServiceRegister(&api.AgentServiceRegistration{Name: "refused", Check: check})
		refused(t, err, 400, "expected TTL, HTTP, TCP or GRPC")
	}
	err := eks.client.Agent().ServiceRegister(&api.AgentServiceRegistration{Name: "refused",
		Check: &api.AgentServiceCheck{HTTP: "http://user:secret@127.0.0.1/", Interval: "10s"}})
	refused(t, err, 400, "without credentials")
	if strings.Contains(err.Error(), "secret") {
		t.Fatalf("expected no secret in an error; found %v", err)
	}
}

// shows: PUT /v1/agent/check/register
// shows: PUT /v1/agent/check/deregister/:id
func TestAgentRegistersChecksOfServicesAndOfItself(t *testing.T) {
	client := eks.client.Agent()
	agentService(t, eks, &api.AgentServiceRegistration{Name: "checked"})
	must(t, client.CheckRegister(&api.AgentCheckRegistration{ID: "more", Name: "one more", ServiceID: "checked",
		AgentServiceCheck: api.AgentServiceCheck{TTL: "1h", Status: api.HealthPassing}}))
	must(t, client.CheckRegister(&api.AgentCheckRegistration{Name: "disk",
		AgentServiceCheck: api.AgentServiceCheck{TTL: "1h"}}))
	t.Cleanup(func() { _ = client.CheckDeregister("disk") })

	checks, err := client.Checks()
	must(t, err)
	equal(t, "the service of the one", checks["more"].ServiceName, "checked")
	equal(t, "the service of the other", checks["disk"].ServiceID, "")
	entries, _, err := eks.client.Health().Service("checked", "", false, nil)
	must(t, err)
	equal(t, "the service while its node is not well", entries[0].Checks.AggregatedStatus(), api.HealthCritical)
	must(t, client.PassTTL("disk", "room enough"))
	entries, _, err = eks.client.Health().Service("checked", "", true, nil)
	must(t, err)
	equal(t, "passing instances", len(entries), 1)

	must(t, client.CheckDeregister("more"))
	refused(t, client.CheckDeregister("more"), 404, "Unknown check ID")
	refused(t, client.CheckRegister(&api.AgentCheckRegistration{Name: "lost", ServiceID: "nothing",
		AgentServiceCheck: api.AgentServiceCheck{TTL: "1h"}}), 404, `ServiceID "nothing" does not exist`)
	refused(t, client.CheckRegister(&api.AgentCheckRegistration{}), 400, "Missing check name")
}

// shows: PUT /v1/agent/service/maintenance/:id
func TestAgentTakesAServiceOutOfUse(t *testing.T) {
	client := eks.client.Agent()
	agentService(t, eks, &api.AgentServiceRegistration{Name: "tired"})
	must(t, client.EnableServiceMaintenance("tired", "a new disk"))
	checks, err := client.Checks()
	must(t, err)
	check := checks["_service_maintenance:tired"]
	if check == nil || check.Status != api.HealthCritical || check.Notes != "a new disk" {
		t.Fatalf("expected a critical check with the reason; found %+v", check)
	}
	entries, _, err := eks.client.Health().Service("tired", "", false, nil)
	must(t, err)
	equal(t, "its state", entries[0].Checks.AggregatedStatus(), api.HealthMaint)
	health, _, err := client.AgentHealthServiceByID("tired")
	must(t, err)
	equal(t, "its health", health, api.HealthCritical)
	must(t, client.DisableServiceMaintenance("tired"))
	entries, _, err = eks.client.Health().Service("tired", "", true, nil)
	must(t, err)
	equal(t, "passing instances", len(entries), 1)
	refused(t, client.EnableServiceMaintenance("nothing", ""), 404, "Unknown service ID")
}

// shows: PUT /v1/agent/maintenance
func TestAgentTakesItsNodeOutOfUse(t *testing.T) {
	client := eks.client.Agent()
	agentService(t, eks, &api.AgentServiceRegistration{Name: "moved"})
	must(t, client.EnableNodeMaintenance("a new rack"))
	t.Cleanup(func() { _ = client.DisableNodeMaintenance() })
	entries, _, err := eks.client.Health().Service("moved", "", false, nil)
	must(t, err)
	equal(t, "its state", entries[0].Checks.AggregatedStatus(), api.HealthMaint)
	must(t, client.DisableNodeMaintenance())
	entries, _, err = eks.client.Health().Service("moved", "", true, nil)
	must(t, err)
	equal(t, "passing instances", len(entries), 1)
}

func TestAgentRegistersASidecarWithItsService(t *testing.T) {
	client := eks.client.Agent()
	upstreams := []api.Upstream{{DestinationName: "db", LocalBindPort: 9191, Config: map[string]interface{}{"connect_timeout_ms": float64(1000)}}}
	agentService(t, eks, &api.AgentServiceRegistration{Name: "beside", Port: 8000, Tags: []string{"v1"},
		Connect: &api.AgentServiceConnect{SidecarService: &api.AgentServiceRegistration{
			Proxy: &api.AgentServiceConnectProxyConfig{Upstreams: upstreams}}}})
	sidecar, _, err := client.Service("beside-sidecar-proxy", nil)
	must(t, err)
	equal(t, "its kind", sidecar.Kind, api.ServiceKindConnectProxy)
	equal(t, "what it stands for", sidecar.Proxy.DestinationServiceID, "beside")
	equal(t, "where the service listens", sidecar.Proxy.LocalServicePort, 8000)
	if !reflect.DeepEqual(sidecar.Proxy.Upstreams, upstreams) {
		t.Fatalf("expected upstreams %+v; found %+v", upstreams, sidecar.Proxy.Upstreams)
	}
	if sidecar.Port < 21000 || sidecar.Port > 21255 {
		t.Fatalf("expected a port from 21000 to 21255; found %d", sidecar.Port)
	}
	all, _, err := eks.client.Health().Connect("beside", "", false, nil)
	must(t, err)
	equal(t, "proxies of it", len(all), 1)
	equal(t, "how the proxy is that does not run", all[0].Checks.AggregatedStatus(), api.HealthCritical)

	must(t, client.ServiceDeregister("beside"))
	services, err := client.Services()
	must(t, err)
	for id := range services {
		if strings.HasPrefix(id, "beside") {
			t.Fatalf("expected its sidecar to go with it; found %q", id)
		}
	}
}

func TestAgentRegistersAProxyOfSomebodysOwn(t *testing.T) {
	proxy := &api.AgentServiceConnectProxyConfig{DestinationServiceName: "proxied", Mode: api.ProxyModeTransparent,
		TransparentProxy: &api.TransparentProxyConfig{OutboundListenerPort: 808}}
	agentService(t, eks, &api.AgentServiceRegistration{Kind: api.ServiceKindConnectProxy, Name: "own-proxy", Port: 8001, Proxy: proxy})
	all, _, err := eks.client.Catalog().Connect("proxied", "", nil)
	must(t, err)
	equal(t, "proxies of it", len(all), 1)
	if !reflect.DeepEqual(all[0].ServiceProxy, proxy) {
		t.Fatalf("expected proxy %+v; found %+v", proxy, all[0].ServiceProxy)
	}
}
