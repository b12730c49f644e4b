package goclient

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/consul/api"
)

// shows: GET /v1/status/leader
// shows: GET /v1/status/peers
func TestStatusNamesLeaderAndPeers(t *testing.T) {
	leader, err := eks.client.Status().Leader()
	must(t, err)
	if _, _, err := net.SplitHostPort(leader); err != nil {
		t.Fatal(err)
	}
	peers, err := eks.client.Status().Peers()
	must(t, err)
	equal(t, "peers", len(peers), 1)
	equal(t, "the peer", peers[0], leader)
}

// shows: GET /v1/operator/raft/configuration
// shows: GET /v1/operator/autopilot/health
// shows: GET /v1/operator/autopilot/state
// shows: GET /v1/operator/usage
func TestOperatorSeesTheLog(t *testing.T) {
	raft, err := eks.client.Operator().RaftGetConfiguration(nil)
	must(t, err)
	equal(t, "servers", len(raft.Servers), 1)
	equal(t, "whether it leads", raft.Servers[0].Leader, true)
	equal(t, "whether it votes", raft.Servers[0].Voter, true)
	health, err := eks.client.Operator().AutopilotServerHealth(nil)
	must(t, err)
	equal(t, "whether all is well", health.Healthy, true)
	equal(t, "servers", len(health.Servers), 1)
	equal(t, "whether the server is well", health.Servers[0].Healthy, true)
	equal(t, "how many may fail", health.FailureTolerance, 0)
	state, err := eks.client.Operator().AutopilotState(nil)
	must(t, err)
	equal(t, "whether all is well", state.Healthy, true)
	leads := state.Servers[state.Leader]
	equal(t, "who leads", leads.Name, health.Servers[0].Name)
	equal(t, "its status", leads.Status, api.AutopilotServerLeader)
	equal(t, "its node's", leads.NodeStatus, "alive")
	equal(t, "voters", len(state.Voters), 1)
	usage, _, err := eks.client.Operator().Usage(nil)
	must(t, err)
	if usage.Usage["eks"].Services == 0 {
		t.Fatalf("expected the servers' own service at least; found %+v", usage)
	}
}

// shows: GET /v1/snapshot
// shows: PUT /v1/snapshot
func TestSnapshotIsSavedAndRestoredElsewhere(t *testing.T) {
	entry := &api.ServiceConfigEntry{Kind: api.ServiceDefaults, Name: "saved", Protocol: "grpc"}
	_, _, err := eks.client.ConfigEntries().Set(entry, nil)
	must(t, err)
	t.Cleanup(func() { _ = forget(entry) })
	snapshot, meta, err := eks.client.Snapshot().Save(nil)
	must(t, err)
	if meta.LastIndex == 0 {
		t.Fatalf("expected an index; found %+v", meta)
	}
	file := filepath.Join(t.TempDir(), "snapshot")
	out, err := os.Create(file)
	must(t, err)
	size, err := io.Copy(out, snapshot)
	must(t, err)
	must(t, snapshot.Close())
	must(t, out.Close())
	if size == 0 {
		t.Fatal("expected a snapshot; found nothing")
	}

	data := filepath.Join(t.TempDir(), "data")
	must(t, os.Mkdir(data, 0o700))
	key, err := os.ReadFile(filepath.Join(eks.data, "secrets.key"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(data, "secrets.key"), key, 0o600))
	other, err := start("eks", "127.173.0.1", data)
	must(t, err)
	t.Cleanup(other.stop)
	must(t, other.ready())
	in, err := os.Open(file)
	must(t, err)
	defer in.Close()
	must(t, other.client.Snapshot().Restore(nil, in))
	restored, _, err := other.client.ConfigEntries().Get(api.ServiceDefaults, "saved", nil)
	must(t, err)
	equal(t, "what was restored", restored.(*api.ServiceConfigEntry).Protocol, "grpc")

	again, err := os.Open(filepath.Join(eks.data, "secrets.key"))
	must(t, err)
	defer again.Close()
	if err := other.client.Snapshot().Restore(nil, again); err == nil {
		t.Fatal("expected what is no snapshot to be refused; found it taken")
	}
}
