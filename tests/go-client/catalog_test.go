package goclient

import (
	"slices"
	"testing"

	"github.com/hashicorp/consul/api"
)

// shows: GET /v1/catalog/datacenters
func TestCatalogHasOneDatacenter(t *testing.T) {
	all, err := eks.client.Catalog().Datacenters()
	must(t, err)
	equal(t, "datacenters", len(all), 1)
	equal(t, "the datacenter", all[0], "eks")
	_, _, err = eks.client.Catalog().Nodes(&api.QueryOptions{Datacenter: "moon"})
	refused(t, err, 500, "No path to datacenter")
}

// shows: GET /v1/catalog/nodes
// shows: GET /v1/catalog/services
func TestCatalogListsNodesAndServices(t *testing.T) {
	catalogService(t, eks, "vm-1", "stock", "blue", "canary")
	catalogService(t, eks, "vm-2", "price", "green")
	client := eks.client.Catalog()

	services, meta, err := client.Services(nil)
	must(t, err)
	if meta.LastIndex == 0 || !meta.KnownLeader || meta.LastContact != 0 {
		t.Fatalf("expected an index and a leader; found %+v", meta)
	}
	if !slices.Contains(services["stock"], "canary") || len(services["price"]) != 1 {
		t.Fatalf("expected tags by service; found %v", services)
	}
	services, _, err = client.Services(&api.QueryOptions{Filter: "ServiceName == price"})
	must(t, err)
	equal(t, "services that are named price", len(services), 1)
	services, _, err = client.Services(&api.QueryOptions{NodeMeta: map[string]string{"zone": "b"}})
	must(t, err)
	equal(t, "services in zone b", len(services), 0)

	nodes, _, err := client.Nodes(&api.QueryOptions{Filter: `Meta.zone == a and Node != "vm-2"`})
	must(t, err)
	equal(t, "nodes in zone a without vm-2", len(nodes), 1)
	equal(t, "the node", nodes[0].Node, "vm-1")
	equal(t, "its address", nodes[0].Address, "192.0.2.10")
	equal(t, "its datacenter", nodes[0].Datacenter, "eks")
	nodes, _, err = client.Nodes(&api.QueryOptions{NodeMeta: map[string]string{"zone": "a"}})
	must(t, err)
	equal(t, "nodes in zone a", len(nodes), 2)
	_, _, err = client.Nodes(&api.QueryOptions{Filter: "Colour == red"})
	refused(t, err, 400, "Colour")
}

// shows: GET /v1/catalog/service/:service
// shows: GET /v1/catalog/connect/:service
func TestCatalogShowsAServiceByTagAndFilter(t *testing.T) {
	catalogService(t, eks, "vm-1", "stock", "blue", "canary")
	client := eks.client.Catalog()

	found, _, err := client.Service("stock", "blue", nil)
	must(t, err)
	equal(t, "instances", len(found), 1)
	one := found[0]
	equal(t, "the node", one.Node, "vm-1")
	equal(t, "the node's meta", one.NodeMeta["zone"], "a")
	equal(t, "the id", one.ServiceID, "stock-1")
	equal(t, "the port", one.ServicePort, 8080)
	equal(t, "the meta", one.ServiceMeta["version"], "v1")
	equal(t, "the weight", one.ServiceWeights.Passing, 1)
	found, _, err = client.ServiceMultipleTags("stock", []string{"blue", "green"}, nil)
	must(t, err)
	equal(t, "instances with both tags", len(found), 0)
	found, _, err = client.ServiceMultipleTags("stock", []string{"blue", "canary"}, nil)
	must(t, err)
	equal(t, "instances with both tags", len(found), 1)
	found, _, err = client.Service("stock", "", &api.QueryOptions{
		Filter: `"canary" in ServiceTags and ServiceMeta.version == v1 and ServicePort == 8080`})
	must(t, err)
	equal(t, "filtered instances", len(found), 1)
	found, _, err = client.Connect("stock", "", nil)
	must(t, err)
	equal(t, "proxies of it", len(found), 0)
}

// shows: GET /v1/catalog/node/:node
// shows: GET /v1/catalog/node-services/:node
func TestCatalogShowsANodeWithItsServices(t *testing.T) {
	catalogService(t, eks, "vm-1", "stock")
	catalogService(t, eks, "vm-1", "price")
	client := eks.client.Catalog()

	node, _, err := client.Node("vm-1", nil)
	must(t, err)
	equal(t, "the node", node.Node.Node, "vm-1")
	equal(t, "services", len(node.Services), 2)
	equal(t, "one of them", node.Services["price-1"].Service, "price")
	list, _, err := client.NodeServiceList("vm-1", &api.QueryOptions{Filter: "Service == stock"})
	must(t, err)
	equal(t, "filtered services", len(list.Services), 1)
	node, _, err = client.Node("nowhere", nil)
	must(t, err)
	if node != nil {
		t.Fatalf("expected no such node; found %+v", node)
	}
}

// shows: PUT /v1/catalog/register
// shows: PUT /v1/catalog/deregister
func TestCatalogRegistrationIsTakenApart(t *testing.T) {
	client := eks.client.Catalog()
	_, err := client.Register(&api.CatalogRegistration{
		Node: "vm-3", Address: "192.0.2.3",
		Service: &api.AgentService{ID: "redis1", Service: "redis", Tags: []string{"main"}, Port: 8000},
		Check: &api.AgentCheck{Node: "vm-3", CheckID: "service:redis1", Name: "Redis health check",
			Notes: "by a script", Status: api.HealthPassing, ServiceID: "redis1"},
	}, nil)
	must(t, err)
	checks, _, err := eks.client.Health().Checks("redis", nil)
	must(t, err)
	equal(t, "checks", len(checks), 1)
	equal(t, "its notes", checks[0].Notes, "by a script")
	equal(t, "its status", checks[0].Status, api.HealthPassing)

	_, err = client.Deregister(&api.CatalogDeregistration{Node: "vm-3", CheckID: "service:redis1"}, nil)
	must(t, err)
	checks, _, err = eks.client.Health().Checks("redis", nil)
	must(t, err)
	equal(t, "checks after theirs was deregistered", len(checks), 0)
	_, err = client.Deregister(&api.CatalogDeregistration{Node: "vm-3", ServiceID: "redis1"}, nil)
	must(t, err)
	node, _, err := client.Node("vm-3", nil)
	must(t, err)
	if node == nil || len(node.Services) != 0 {
		t.Fatalf("expected the node without services; found %+v", node)
	}
	_, err = client.Deregister(&api.CatalogDeregistration{Node: "vm-3"}, nil)
	must(t, err)
	node, _, err = client.Node("vm-3", nil)
	must(t, err)
	if node != nil {
		t.Fatalf("expected no node; found %+v", node)
	}
	_, err = client.Deregister(&api.CatalogDeregistration{}, nil)
	refused(t, err, 400, "Missing node name")
}

func TestCatalogNodesCheckIsThatOfItsServices(t *testing.T) {
	catalogService(t, eks, "vm-1", "stock")
	_, err := eks.client.Catalog().Register(&api.CatalogRegistration{
		Node: "vm-1", Address: "192.0.2.10", SkipNodeUpdate: true,
		Check: &api.AgentCheck{Node: "vm-1", CheckID: "disk", Name: "disk", Status: api.HealthCritical},
	}, nil)
	must(t, err)

	entries, _, err := eks.client.Health().Service("stock", "", false, nil)
	must(t, err)
	equal(t, "the service's state", entries[0].Checks.AggregatedStatus(), api.HealthCritical)
	equal(t, "the node's meta, which was not to be updated", entries[0].Node.Meta["zone"], "a")
	entries, _, err = eks.client.Health().Service("stock", "", true, nil)
	must(t, err)
	equal(t, "passing instances", len(entries), 0)
	checks, _, err := eks.client.Health().Checks("stock", nil)
	must(t, err)
	equal(t, "checks of the service alone", len(checks), 1)
	checks, _, err = eks.client.Health().Node("vm-1", nil)
	must(t, err)
	equal(t, "checks of the node and its service", len(checks), 2)
}
