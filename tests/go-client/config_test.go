package goclient

import (
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// One of each kind that hansa takes, in an order in which each may stand on those before it.
func entries() []api.ConfigEntry {
	return []api.ConfigEntry{
		&api.MeshConfigEntry{AllowEnablingPermissiveMutualTLS: true, Meta: map[string]string{"of": "test"}},
		&api.ProxyConfigEntry{Kind: api.ProxyDefaults, Name: "global",
			Config: map[string]any{"protocol": "http"}, Meta: map[string]string{"of": "test"}},
		&api.ServiceConfigEntry{Kind: api.ServiceDefaults, Name: "cart", Protocol: "http",
			MaxInboundConnections: 7, Meta: map[string]string{"of": "test"}},
		&api.ServiceResolverConfigEntry{Kind: api.ServiceResolver, Name: "cart",
			ConnectTimeout: 3 * time.Second, DefaultSubset: "v1",
			Subsets: map[string]api.ServiceResolverSubset{
				"v1": {Filter: "Service.Meta.version == v1", OnlyPassing: true}},
			Failover: map[string]api.ServiceResolverFailover{
				"*": {Targets: []api.ServiceResolverFailoverTarget{{Peer: "lke"}}}},
			Meta: map[string]string{"of": "test"}},
		&api.ServiceRouterConfigEntry{Kind: api.ServiceRouter, Name: "cart", Meta: map[string]string{"of": "test"}},
		&api.ServiceSplitterConfigEntry{Kind: api.ServiceSplitter, Name: "cart",
			Splits: []api.ServiceSplit{{Weight: 100}}, Meta: map[string]string{"of": "test"}},
		&api.ServiceIntentionsConfigEntry{Kind: api.ServiceIntentions, Name: "cart",
			Sources: []*api.SourceIntention{
				{Name: "web", Action: api.IntentionActionAllow, Description: "the shop"},
				{Name: "web", Peer: "lke", Action: api.IntentionActionDeny}},
			Meta: map[string]string{"of": "test"}},
		&api.SamenessGroupConfigEntry{Kind: api.SamenessGroup, Name: "all", IncludeLocal: true,
			Members: []api.SamenessGroupMember{{Peer: "lke"}}, Meta: map[string]string{"of": "test"}},
		&api.ExportedServicesConfigEntry{Name: "default",
			Services: []api.ExportedService{{Name: "stock", Consumers: []api.ServiceConsumer{{Peer: "lke"}}}},
			Meta:     map[string]string{"of": "test"}},
	}
}

func forget(entry api.ConfigEntry) error {
	_, err := eks.client.ConfigEntries().Delete(entry.GetKind(), entry.GetName(), nil)
	return err
}

// shows: PUT /v1/config
// shows: GET /v1/config/:kind/:name
func TestEveryKindOfEntryIsSetReadListedAndDeleted(t *testing.T) {
	all := entries()
	client := eks.client.ConfigEntries()
	for _, entry := range all {
		done, _, err := client.Set(entry, nil)
		must(t, err)
		equal(t, entry.GetKind()+" is written", done, true)

		read, meta, err := client.Get(entry.GetKind(), entry.GetName(), nil)
		must(t, err)
		equal(t, "the kind", read.GetKind(), entry.GetKind())
		equal(t, "the name", read.GetName(), entry.GetName())
		equal(t, entry.GetKind()+"'s meta", read.GetMeta()["of"], "test")
		if read.GetModifyIndex() == 0 || meta.LastIndex == 0 || !meta.KnownLeader {
			t.Fatalf("%s: expected indexes and a leader; found %d, %+v", entry.GetKind(), read.GetModifyIndex(), meta)
		}
		list, _, err := client.List(entry.GetKind(), nil)
		must(t, err)
		equal(t, entry.GetKind()+" in the list", len(list), 1)
	}
	resolver, _, err := client.Get(api.ServiceResolver, "cart", nil)
	must(t, err)
	typed := resolver.(*api.ServiceResolverConfigEntry)
	equal(t, "the timeout", typed.ConnectTimeout, 3*time.Second)
	equal(t, "the failover's target", typed.Failover["*"].Targets[0].Peer, "lke")
	equal(t, "the subset's filter", typed.Subsets["v1"].Filter, "Service.Meta.version == v1")
	intentions, _, err := client.Get(api.ServiceIntentions, "cart", nil)
	must(t, err)
	for _, source := range intentions.(*api.ServiceIntentionsConfigEntry).Sources {
		equal(t, "the precedence", source.Precedence, 9)
		equal(t, "the type", source.Type, api.IntentionSourceConsul)
	}

	for i := len(all) - 1; i >= 0; i-- {
		must(t, forget(all[i]))
		_, _, err := client.Get(all[i].GetKind(), all[i].GetName(), nil)
		refused(t, err, 404, "Config entry not found")
	}
}

// shows: DELETE /v1/config/:kind/:name
func TestEntryIsWrittenAndDeletedOnlyOverWhatWasRead(t *testing.T) {
	client := eks.client.ConfigEntries()
	entry := &api.ServiceConfigEntry{Kind: api.ServiceDefaults, Name: "cas", Protocol: "http"}
	done, _, err := client.CAS(entry, 7, nil)
	must(t, err)
	equal(t, "written over what is not there", done, false)
	done, _, err = client.CAS(entry, 0, nil)
	must(t, err)
	equal(t, "written anew", done, true)
	done, _, err = client.CAS(entry, 0, nil)
	must(t, err)
	equal(t, "written anew twice", done, false)
	read, _, err := client.Get(api.ServiceDefaults, "cas", nil)
	must(t, err)
	entry.Protocol = "grpc"
	done, _, err = client.CAS(entry, read.GetModifyIndex(), nil)
	must(t, err)
	equal(t, "written over what was read", done, true)
	done, _, err = client.DeleteCAS(api.ServiceDefaults, "cas", read.GetModifyIndex(), nil)
	must(t, err)
	equal(t, "deleted over what was before", done, false)
	read, _, err = client.Get(api.ServiceDefaults, "cas", nil)
	must(t, err)
	equal(t, "what stands", read.(*api.ServiceConfigEntry).Protocol, "grpc")
	done, _, err = client.DeleteCAS(api.ServiceDefaults, "cas", read.GetModifyIndex(), nil)
	must(t, err)
	equal(t, "deleted over what was read", done, true)
}

func TestEntryThatIsWrongIsRefusedInWords(t *testing.T) {
	_, _, err := eks.client.ConfigEntries().Set(&api.ServiceResolverConfigEntry{
		Kind: api.ServiceResolver, Name: "wrong",
		Redirect: &api.ServiceResolverRedirect{Peer: "lke"},
	}, nil)
	refused(t, err, 500, "Redirect.Peer defined without Redirect.Service")
	for _, kind := range []string{api.IngressGateway, api.TerminatingGateway, api.APIGateway, "bound-api-gateway",
		api.InlineCertificate, api.HTTPRoute, api.TCPRoute, api.JWTProvider, api.RateLimitIPConfig, api.RateLimit} {
		list, _, err := eks.client.ConfigEntries().List(kind, nil)
		must(t, err)
		equal(t, "entries of kind "+kind, len(list), 0)
	}
	_, _, err = eks.client.ConfigEntries().Set(&api.IngressGatewayConfigEntry{Kind: api.IngressGateway, Name: "in"}, nil)
	refused(t, err, 400, "not taken: there are no ingress and API gateways")
	_, _, err = eks.client.ConfigEntries().List("moon", nil)
	refused(t, err, 400, "invalid config entry kind: moon")
}

// shows: GET /v1/config/:kind
func TestEntryWakesWhoeverWaitsForIt(t *testing.T) {
	client := eks.client.ConfigEntries()
	_, before, err := client.List(api.ServiceDefaults, nil)
	must(t, err)
	woken := make(chan int, 1)
	go func() {
		list, _, err := client.List(api.ServiceDefaults,
			&api.QueryOptions{WaitIndex: before.LastIndex, WaitTime: time.Minute})
		if err == nil {
			woken <- len(list)
		}
		close(woken)
	}()
	entry := &api.ServiceConfigEntry{Kind: api.ServiceDefaults, Name: "awaited", Protocol: "http"}
	_, _, err = client.Set(entry, nil)
	must(t, err)
	t.Cleanup(func() { _ = forget(entry) })
	select {
	case found := <-woken:
		equal(t, "entries", found, 1)
	case <-time.After(30 * time.Second):
		t.Fatal("expected to be woken; found nothing for 30 s")
	}
}

// shows: GET /v1/discovery-chain/:service
// shows: POST /v1/discovery-chain/:service
func TestDiscoveryChainFollowsTheEntries(t *testing.T) {
	chain, _, err := eks.client.DiscoveryChain().Get("plain", nil, nil)
	must(t, err)
	equal(t, "the start", chain.Chain.StartNode, "resolver:plain.default.default.eks")
	equal(t, "whether it is the default", chain.Chain.Default, true)
	equal(t, "the protocol", chain.Chain.Protocol, "tcp")
	equal(t, "the timeout", chain.Chain.Nodes[chain.Chain.StartNode].Resolver.ConnectTimeout, 5*time.Second)

	client := eks.client.ConfigEntries()
	for _, entry := range []api.ConfigEntry{
		&api.ServiceResolverConfigEntry{Kind: api.ServiceResolver, Name: "end", ConnectTimeout: 2 * time.Second,
			Failover: map[string]api.ServiceResolverFailover{
				"*": {Targets: []api.ServiceResolverFailoverTarget{{Peer: "lke"}, {Service: "spare"}}}}},
		&api.ServiceResolverConfigEntry{Kind: api.ServiceResolver, Name: "begin",
			Redirect: &api.ServiceResolverRedirect{Service: "end"}},
	} {
		_, _, err := client.Set(entry, nil)
		must(t, err)
		t.Cleanup(func() { _ = forget(entry) })
	}
	chain, _, err = eks.client.DiscoveryChain().Get("begin",
		&api.DiscoveryChainOptions{OverrideConnectTimeout: 9 * time.Second}, nil)
	must(t, err)
	node := chain.Chain.Nodes[chain.Chain.StartNode]
	equal(t, "the target", node.Resolver.Target, "end.default.default.eks")
	equal(t, "the overridden timeout", node.Resolver.ConnectTimeout, 9*time.Second)
	equal(t, "the number of failover targets", len(node.Resolver.Failover.Targets), 2)
	equal(t, "the first", node.Resolver.Failover.Targets[0], "end.default.default.external.lke")
	equal(t, "the second", node.Resolver.Failover.Targets[1], "spare.default.default.eks")
	away := chain.Chain.Targets["end.default.default.external.lke"]
	equal(t, "what the peer's target is of", away.Service, "end")
	equal(t, "the peer's datacenter, which is not one of ours", away.Datacenter, "")
}
