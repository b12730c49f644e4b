package goclient

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// shows: GET /v1/health/service/:service
// shows: GET /v1/health/connect/:service
func TestHealthShowsAService(t *testing.T) {
	catalogService(t, eks, "vm-1", "stock", "blue", "canary")
	client := eks.client.Health()

	entries, meta, err := client.Service("stock", "blue", true, nil)
	must(t, err)
	equal(t, "instances", len(entries), 1)
	equal(t, "the node", entries[0].Node.Node, "vm-1")
	equal(t, "the service", entries[0].Service.ID, "stock-1")
	equal(t, "the check", entries[0].Checks[0].CheckID, "stock-check")
	equal(t, "what it said", entries[0].Checks[0].Output, "fine")
	if meta.LastIndex == 0 || !meta.KnownLeader {
		t.Fatalf("expected an index and a leader; found %+v", meta)
	}
	for filter, expected := range map[string]int{
		`Service.Meta.version == v1`:                             1,
		`"green" in Service.Tags`:                                0,
		`Checks.Status == "passing"`:                             1,
		`Checks.Status != "passing"`:                             0,
		`Node.Meta.zone == a and Service.Port == 8080`:           1,
		`not Service.ID matches "^stock"`:                        0,
		`Checks is empty or Checks.CheckID contains "stock-che"`: 1,
	} {
		entries, _, err := client.Service("stock", "", false, &api.QueryOptions{Filter: filter})
		must(t, err)
		equal(t, filter, len(entries), expected)
	}
	entries, _, err = client.ServiceMultipleTags("stock", []string{"blue", "canary"}, true, nil)
	must(t, err)
	equal(t, "instances with both tags", len(entries), 1)
	entries, _, err = client.ServiceMultipleTags("stock", []string{"blue", "green"}, true, nil)
	must(t, err)
	equal(t, "instances with both tags", len(entries), 0)
	entries, _, err = client.Connect("stock", "", false, nil)
	must(t, err)
	equal(t, "proxies of it", len(entries), 0)
	entries, _, err = client.Service("nothing", "", false, nil)
	must(t, err)
	equal(t, "instances of nothing", len(entries), 0)
	_, _, err = client.Service("stock", "", false, &api.QueryOptions{Filter: "Service.Port == many"})
	refused(t, err, 400, "whole number")
}

// shows: GET /v1/health/checks/:service
// shows: GET /v1/health/node/:node
// shows: GET /v1/health/state/:state
func TestHealthListsChecksByStateNodeAndFilter(t *testing.T) {
	catalogService(t, eks, "vm-1", "stock")
	catalogService(t, eks, "vm-2", "price")
	client := eks.client.Health()
	_, err := eks.client.Catalog().Register(&api.CatalogRegistration{
		Node: "vm-2", Address: "192.0.2.10",
		Check: &api.AgentCheck{Node: "vm-2", CheckID: "price-check", Name: "is it up", ServiceID: "price-1",
			Status: api.HealthWarning, Output: "slow"},
	}, nil)
	must(t, err)

	checks, _, err := client.State(api.HealthWarning, nil)
	must(t, err)
	equal(t, "checks that warn", len(checks), 1)
	equal(t, "its service", checks[0].ServiceName, "price")
	equal(t, "what it said", checks[0].Output, "slow")
	checks, _, err = client.State(api.HealthAny, &api.QueryOptions{Filter: `ServiceName == stock`})
	must(t, err)
	equal(t, "checks of stock in any state", len(checks), 1)
	checks, _, err = client.State(api.HealthAny, nil)
	must(t, err)
	found := map[string]bool{}
	for _, check := range checks {
		found[check.CheckID] = true
	}
	for _, id := range []string{"serfHealth", "stock-check", "price-check"} {
		equal(t, id+" among all", found[id], true)
	}
	checks, _, err = client.Node("vm-1", nil)
	must(t, err)
	equal(t, "checks of the node", len(checks), 1)
	equal(t, "the check", checks[0].CheckID, "stock-check")
	checks, _, err = client.Checks("price", &api.QueryOptions{Filter: `Status == "warning"`})
	must(t, err)
	equal(t, "checks of price that warn", len(checks), 1)
	checks, _, err = client.Checks("price", &api.QueryOptions{NodeMeta: map[string]string{"zone": "b"}})
	must(t, err)
	equal(t, "checks of price in zone b", len(checks), 0)
}

func TestHealthWakesWhoeverWaitsForAChange(t *testing.T) {
	catalogService(t, eks, "vm-1", "stock")
	client := eks.client.Health()
	entries, before, err := client.Service("stock", "", true, nil)
	must(t, err)
	equal(t, "instances before", len(entries), 1)
	type answer struct {
		count int
		index uint64
	}
	woken := make(chan answer, 1)
	go func() {
		index := before.LastIndex
		for {
			entries, meta, err := client.Service("stock", "", true,
				&api.QueryOptions{WaitIndex: index, WaitTime: time.Minute})
			if err != nil {
				close(woken)
				return
			}
			// a change of something else may wake it too
			if len(entries) != 1 {
				woken <- answer{len(entries), meta.LastIndex}
				return
			}
			index = meta.LastIndex
		}
	}()
	_, err = eks.client.Catalog().Register(&api.CatalogRegistration{
		Node: "vm-1", Address: "192.0.2.10",
		Check: &api.AgentCheck{Node: "vm-1", CheckID: "stock-check", ServiceID: "stock-1", Status: api.HealthCritical},
	}, nil)
	must(t, err)
	select {
	case found := <-woken:
		equal(t, "passing instances", found.count, 0)
		if found.index <= before.LastIndex {
			t.Fatalf("expected an index above %d; found %d", before.LastIndex, found.index)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("expected to be woken; found nothing for 30 s")
	}
}

func TestHealthAnswersWhoeverHasWaitedLongEnough(t *testing.T) {
	client := eks.client.Health()
	_, before, err := client.Service("quiet", "", false, nil)
	must(t, err)
	began := time.Now()
	_, after, err := client.Service("quiet", "", false,
		&api.QueryOptions{WaitIndex: before.LastIndex, WaitTime: 300 * time.Millisecond})
	must(t, err)
	lasted := time.Since(began)
	if after.LastIndex == before.LastIndex && lasted < 300*time.Millisecond {
		t.Fatalf("expected to wait 300 ms for a change; found an answer after %v", lasted)
	}
	if lasted > 20*time.Second {
		t.Fatalf("expected an answer soon after 300 ms; found one after %v", lasted)
	}
}

func TestHealthReadersMayAskForStaleOrConsistent(t *testing.T) {
	for _, options := range []*api.QueryOptions{{AllowStale: true}, {RequireConsistent: true}} {
		_, meta, err := eks.client.Health().Service("consul", "", false, options)
		must(t, err)
		if !meta.KnownLeader || meta.LastIndex == 0 {
			t.Fatalf("expected a leader and an index; found %+v", meta)
		}
	}
	_, _, err := eks.client.Health().Service("consul", "", false,
		&api.QueryOptions{AllowStale: true, RequireConsistent: true})
	refused(t, err, 400, "Cannot specify ?stale with ?consistent")
}

func TestHealthOfManyTagsIsOneQuestion(t *testing.T) {
	for i := range 3 {
		catalogService(t, eks, fmt.Sprintf("vm-%d", i), "many", "all", fmt.Sprintf("n%d", i))
	}
	entries, _, err := eks.client.Health().Service("many", "all", true, nil)
	must(t, err)
	equal(t, "instances", len(entries), 3)
}
