package goclient

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// shows: GET /v1/connect/ca/roots
func TestRootsAreCertificates(t *testing.T) {
	roots, meta, err := eks.client.Connect().CARoots(nil)
	must(t, err)
	equal(t, "roots", len(roots.Roots), 1)
	equal(t, "the active root", roots.Roots[0].ID, roots.ActiveRootID)
	equal(t, "whether it is active", roots.Roots[0].Active, true)
	block, _ := pem.Decode([]byte(roots.Roots[0].RootCertPEM))
	certificate, err := x509.ParseCertificate(block.Bytes)
	must(t, err)
	equal(t, "whether it is an authority", certificate.IsCA, true)
	if meta.LastIndex == 0 || roots.TrustDomain == "" {
		t.Fatalf("expected an index and a trust domain; found %+v, %q", meta, roots.TrustDomain)
	}
}

// shows: GET /v1/connect/ca/configuration
// shows: PUT /v1/connect/ca/configuration
func TestAuthoritysConfigurationIsReadAndNotChanged(t *testing.T) {
	config, _, err := eks.client.Connect().CAGetConfig(nil)
	must(t, err)
	equal(t, "the provider", config.Provider, "consul")
	parsed, err := api.ParseConsulCAConfig(config.Config)
	must(t, err)
	equal(t, "the life of leaves in hours", parsed.LeafCertTTL.Hours(), 72.0)
	equal(t, "the life of intermediates in days", parsed.IntermediateCertTTL.Hours()/24, 365.0)
	equal(t, "the life of roots in days", parsed.RootCertTTL.Hours()/24, 3650.0)
	// what is so is taken
	_, err = eks.client.Connect().CASetConfig(config, nil)
	must(t, err)
	config.Config["RootCertTTL"] = 11 * 365 * 24 * time.Hour
	_, err = eks.client.Connect().CASetConfig(config, nil)
	refused(t, err, 500, "/v1/hansa/ca/rotate")
}

// shows: GET /v1/connect/intentions
// shows: GET /v1/connect/intentions/exact
// shows: DELETE /v1/connect/intentions/exact
// shows: GET /v1/connect/intentions/match
// shows: GET /v1/connect/intentions/check
func TestIntentionIsWrittenReadMatchedCheckedAndDeleted(t *testing.T) {
	client := eks.client.Connect()
	_, err := client.IntentionUpsert(&api.Intention{SourceName: "web", DestinationName: "db",
		Action: api.IntentionActionAllow, Description: "the shop"}, nil)
	must(t, err)
	_, err = client.IntentionUpsert(&api.Intention{SourceName: "*", DestinationName: "db",
		Action: api.IntentionActionDeny}, nil)
	must(t, err)
	t.Cleanup(func() {
		_, _ = eks.client.ConfigEntries().Delete(api.ServiceIntentions, "db", nil)
	})

	one, _, err := client.IntentionGetExact("web", "db", nil)
	must(t, err)
	equal(t, "the action", one.Action, api.IntentionActionAllow)
	equal(t, "the description", one.Description, "the shop")
	equal(t, "the precedence", one.Precedence, 9)
	all, _, err := client.Intentions(nil)
	must(t, err)
	equal(t, "intentions", len(all), 2)
	equal(t, "the first", all[0].SourceName, "web")
	all, _, err = client.Intentions(&api.QueryOptions{Filter: `SourceName == "*" and Action == deny`})
	must(t, err)
	equal(t, "filtered intentions", len(all), 1)
	matched, _, err := client.IntentionMatch(&api.IntentionMatch{
		By: api.IntentionMatchDestination, Names: []string{"db"}}, nil)
	must(t, err)
	equal(t, "matched intentions", len(matched["db"]), 2)
	equal(t, "the first of them", matched["db"][0].SourceName, "web")
	matched, _, err = client.IntentionMatch(&api.IntentionMatch{
		By: api.IntentionMatchDestination, Names: []string{"default/db", "cart"}}, nil)
	must(t, err)
	equal(t, "names that were matched", len(matched), 2)
	equal(t, "intentions by the name as it was asked", len(matched["default/db"]), 2)
	equal(t, "intentions of the other", len(matched["cart"]), 0)
	for source, expected := range map[string]bool{"web": true, "mail": false} {
		allowed, _, err := client.IntentionCheck(&api.IntentionCheck{
			Source: source, Destination: "db", SourceType: api.IntentionSourceConsul}, nil)
		must(t, err)
		equal(t, "whether "+source+" may call", allowed, expected)
	}

	_, err = client.IntentionDeleteExact("web", "db", nil)
	must(t, err)
	one, _, err = client.IntentionGetExact("web", "db", nil)
	must(t, err)
	if one != nil {
		t.Fatalf("expected none; found %+v", one)
	}
	entry, _, err := eks.client.ConfigEntries().Get(api.ServiceIntentions, "db", nil)
	must(t, err)
	equal(t, "sources left", len(entry.(*api.ServiceIntentionsConfigEntry).Sources), 1)
}

// shows: POST /v1/connect/intentions
// shows: GET /v1/connect/intentions/:id
// shows: PUT /v1/connect/intentions/:id
// shows: DELETE /v1/connect/intentions/:id
func TestIntentionOfTheOlderFormKeepsItsIdWithAnotherSource(t *testing.T) {
	client := eks.client.Connect()
	ixn := &api.Intention{SourceNS: "default", SourceName: "api", DestinationNS: "default", DestinationName: "old",
		Action: api.IntentionActionAllow, SourceType: api.IntentionSourceConsul}
	id, _, err := client.IntentionCreate(ixn, nil)
	must(t, err)
	ixn.ID = id
	ixn.SourceName = "api-different"
	_, err = client.IntentionUpdate(ixn, nil)
	must(t, err)
	found, _, err := client.IntentionGet(id, nil)
	must(t, err)
	equal(t, "the source", found.SourceName, "api-different")
	_, err = client.IntentionDelete(id, nil)
	must(t, err)
	found, _, err = client.IntentionGet(id, nil)
	must(t, err)
	if found != nil {
		t.Fatalf("expected none; found %+v", found)
	}
	_, _, err = client.IntentionGet("hello", nil)
	// this method alone answers with a text and no StatusError
	if err == nil || !strings.Contains(err.Error(), "400") || !strings.Contains(err.Error(), "UUID") {
		t.Fatalf("expected 400 that speaks of a UUID; found %v", err)
	}
}

// shows: PUT /v1/connect/intentions/exact
func TestIntentionOfPermissionsIsRefused(t *testing.T) {
	_, err := eks.client.Connect().IntentionUpsert(&api.Intention{SourceName: "web", DestinationName: "db",
		Permissions: []*api.IntentionPermission{{Action: api.IntentionActionAllow,
			HTTP: &api.IntentionHTTPPermission{PathPrefix: "/"}}}}, nil)
	if err == nil {
		t.Fatal("expected a refusal; found none")
	}
}
