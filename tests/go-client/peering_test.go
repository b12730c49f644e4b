package goclient

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// Peers eks and lke directly, and waits until both say that it is active.
func peer(t *testing.T) {
	t.Helper()
	token, _, err := lke.client.Peerings().GenerateToken(background(),
		api.PeeringGenerateTokenRequest{PeerName: "eks", Meta: map[string]string{"env": "test"}}, nil)
	must(t, err)
	_, _, err = eks.client.Peerings().Establish(background(),
		api.PeeringEstablishRequest{PeerName: "lke", PeeringToken: token.PeeringToken}, nil)
	must(t, err)
	t.Cleanup(func() { unpeer(t) })
	active(t, eks, "lke")
	active(t, lke, "eks")
}

func unpeer(t *testing.T) {
	_, err := eks.client.Peerings().Delete(background(), "lke", nil)
	must(t, err)
	_, err = lke.client.Peerings().Delete(background(), "eks", nil)
	must(t, err)
	for s, name := range map[*server]string{eks: "lke", lke: "eks"} {
		gone(t, s, name)
	}
}

func gone(t *testing.T, s *server, name string) {
	t.Helper()
	eventually(t, func() error {
		found, _, err := s.client.Peerings().Read(background(), name, nil)
		if err == nil && found != nil {
			err = fmt.Errorf("peering %s: expected none; found one in state %s", name, found.State)
		}
		return err
	})
}

func active(t *testing.T, s *server, name string) *api.Peering {
	t.Helper()
	var peering *api.Peering
	eventually(t, func() error {
		found, _, err := s.client.Peerings().Read(background(), name, nil)
		if err != nil {
			return err
		}
		if found == nil || found.State != api.PeeringStateActive {
			return fmt.Errorf("peering %s: expected it active; found %+v", name, found)
		}
		peering = found
		return nil
	})
	return peering
}

// A peering has a name at either side, which need not be the other's datacenter.
func TestPeeringHasANameOfItsOwnAtEitherSide(t *testing.T) {
	token, _, err := lke.client.Peerings().GenerateToken(background(),
		api.PeeringGenerateTokenRequest{PeerName: "cluster-01"}, nil)
	must(t, err)
	_, _, err = eks.client.Peerings().Establish(background(),
		api.PeeringEstablishRequest{PeerName: "cluster-02", PeeringToken: token.PeeringToken}, nil)
	must(t, err)
	active(t, eks, "cluster-02")
	active(t, lke, "cluster-01")
	_, err = eks.client.Peerings().Delete(background(), "cluster-02", nil)
	must(t, err)
	_, err = lke.client.Peerings().Delete(background(), "cluster-01", nil)
	must(t, err)
	for s, name := range map[*server]string{eks: "cluster-02", lke: "cluster-01"} {
		gone(t, s, name)
	}
}

// shows: POST /v1/peering/token
func TestPeeringIsEstablishedReadListedAndDeleted(t *testing.T) {
	peer(t)

	dialed := active(t, eks, "lke")
	accepted := active(t, lke, "eks")

	equal(t, "the dialer knows the acceptor's id", dialed.PeerID, accepted.ID)
	equal(t, "the acceptor's meta", accepted.Meta["env"], "test")
	equal(t, "where the peer is", dialed.Remote.Datacenter, "lke")
	if len(dialed.PeerCAPems) == 0 || len(dialed.PeerServerAddresses) == 0 || dialed.PeerServerName == "" {
		t.Fatalf("expected roots, addresses and a server name; found %+v", dialed)
	}
	if dialed.ModifyIndex < dialed.CreateIndex || dialed.CreateIndex == 0 {
		t.Fatalf("expected indexes; found %d and %d", dialed.CreateIndex, dialed.ModifyIndex)
	}
	list, _, err := eks.client.Peerings().List(background(), nil)
	must(t, err)
	equal(t, "peerings", len(list), 1)
	equal(t, "the peering's name", list[0].Name, "lke")
}

// shows: GET /v1/peering/:name
// shows: DELETE /v1/peering/:name
func TestPeeringThatIsNotThereIsNil(t *testing.T) {
	found, _, err := eks.client.Peerings().Read(background(), "nowhere", nil)
	must(t, err)
	if found != nil {
		t.Fatalf("expected none; found %+v", found)
	}
	_, err = eks.client.Peerings().Delete(background(), "nowhere", nil)
	must(t, err)
}

// shows: POST /v1/peering/establish
func TestPeeringTokenWorksOnce(t *testing.T) {
	peer(t)
	token, _, err := lke.client.Peerings().GenerateToken(background(),
		api.PeeringGenerateTokenRequest{PeerName: "eks"}, nil)
	must(t, err)
	request := api.PeeringEstablishRequest{PeerName: "lke", PeeringToken: token.PeeringToken}
	_, _, err = eks.client.Peerings().Establish(background(), request, nil)
	must(t, err)
	_, _, err = eks.client.Peerings().Establish(background(), request, nil)
	refused(t, err, 403, "a new peering token must be generated")
	active(t, eks, "lke")
}

func TestPeeringsNameIsHeldToItsForm(t *testing.T) {
	_, _, err := eks.client.Peerings().GenerateToken(background(),
		api.PeeringGenerateTokenRequest{PeerName: "Not_A_Label"}, nil)
	if err == nil {
		t.Fatal("expected a refusal; found none")
	}
}

// shows: GET /v1/peerings
func TestPeeringWakesWhoeverWaitsForIt(t *testing.T) {
	_, before, err := eks.client.Peerings().List(background(), nil)
	must(t, err)
	woken := make(chan []*api.Peering, 1)
	go func() {
		list, _, err := eks.client.Peerings().List(background(),
			&api.QueryOptions{WaitIndex: before.LastIndex, WaitTime: time.Minute})
		if err == nil {
			woken <- list
		}
		close(woken)
	}()
	peer(t)
	select {
	case list := <-woken:
		if len(list) != 1 {
			t.Fatalf("expected the new peering; found %v", list)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("expected to be woken; found nothing for 30 s")
	}
}

// shows: GET /v1/exported-services
// shows: GET /v1/imported-services
func TestExportedServiceIsSeenUnderItsPeer(t *testing.T) {
	peer(t)
	catalogService(t, lke, "lke-vm", "billing", "blue")
	_, _, err := lke.client.ConfigEntries().Set(&api.ExportedServicesConfigEntry{
		Name: "default",
		Services: []api.ExportedService{{
			Name: "billing", Consumers: []api.ServiceConsumer{{Peer: "eks"}},
		}},
	}, nil)
	must(t, err)
	t.Cleanup(func() {
		_, _ = lke.client.ConfigEntries().Delete(api.ExportedServices, "default", nil)
	})

	eventually(t, func() error {
		entries, _, err := eks.client.Health().Service("billing", "blue", true,
			&api.QueryOptions{Peer: "lke", Filter: "Service.Meta.version == v1"})
		if err != nil {
			return err
		}
		if len(entries) != 1 || entries[0].Service.PeerName != "lke" || entries[0].Service.Port != 8080 {
			return fmt.Errorf("expected one instance of lke's; found %+v", entries)
		}
		return nil
	})
	imported, meta, err := eks.client.ImportedServices(nil)
	must(t, err)
	equal(t, "imported services", len(imported), 1)
	equal(t, "the imported one", imported[0], api.ImportedService{Service: "billing", SourcePeer: "lke"})
	if meta.LastIndex == 0 {
		t.Fatalf("expected an index; found %+v", meta)
	}
	here, _, err := eks.client.Health().Service("billing", "", false, nil)
	must(t, err)
	equal(t, "instances of our own", len(here), 0)

	exported, _, err := lke.client.ExportedServices(nil)
	must(t, err)
	equal(t, "exported services", len(exported), 1)
	equal(t, "the exported service", exported[0].Service, "billing")
	equal(t, "its consumers", exported[0].Consumers.Peers[0], "eks")
	eventually(t, func() error {
		found := active(t, eks, "lke")
		if !slices.Contains(found.StreamStatus.ImportedServices, "billing") {
			return fmt.Errorf("expected billing to be imported; found %v", found.StreamStatus.ImportedServices)
		}
		return nil
	})
}
