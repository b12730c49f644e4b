package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/// One of two datacenters that are to be peers.
///
/// @param datacenter what it calls itself, and what the other calls it
/// @param way how a command of its user asks there, after its name
record PeerSide(ApiClient api, String datacenter, String way) {
    /// What one side says of the other.
    record View(String state, String id, String peerId, String remote, boolean dials) {
        static View of(JsonNode peering) {
            return new View(
                    ClientCommand.text(peering, "State"),
                    ClientCommand.text(peering, "ID"),
                    ClientCommand.text(peering, "PeerID"),
                    ClientCommand.text(peering.path("Remote"), "Datacenter"),
                    !peering.path("PeerServerAddresses").isEmpty());
        }

        boolean isActive() {
            return state.equals("ACTIVE");
        }

        boolean isOver() {
            return state.equals("TERMINATED") || state.equals("DELETING");
        }

        /// It has made a token that nobody has used.
        boolean waitsForDialer() {
            return !dials && remote.isEmpty() && peerId.isEmpty() && state.equals("PENDING");
        }
    }

    static PeerSide at(ApiClient api, String way)
            throws CommandFailedException, InterruptedException {
        var name = ClientCommand.text(api.json(Chart.SELF).path("Config"), "Datacenter");
        if (name.isEmpty()) {
            throw new CommandFailedException(
                    api.address() + ": expected a server that names its datacenter; found none");
        }
        return new PeerSide(api, name, way);
    }

    private static String path(String peer) {
        return "/v1/peering/" + ApiClient.segment(peer);
    }

    Optional<View> view(PeerSide other) throws CommandFailedException, InterruptedException {
        var answer = api.read(path(other.datacenter));
        return answer.found() ? Optional.of(View.of(Json.read(answer.body()))) : Optional.empty();
    }

    /// For nobody but the other side, and signed.
    JsonNode tokenFor(PeerSide other) throws CommandFailedException, InterruptedException {
        var body =
                Json.object()
                        .put("PeerName", other.datacenter)
                        .put("ForDatacenter", other.datacenter)
                        .put("TokenForm", "signed");
        return Json.read(api.must("POST", "/v1/peering/token", body));
    }

    /// @param made as [#tokenFor] of the other side answered
    void establish(PeerSide other, JsonNode made)
            throws CommandFailedException, InterruptedException {
        var body =
                Json.object()
                        .put("PeerName", other.datacenter)
                        .put("PeeringToken", made.path("PeeringToken").asText())
                        .put("RequireSigned", true)
                        .put("ExpectFingerprint", made.path("Fingerprint").asText());
        api.must("POST", "/v1/peering/establish", body);
    }

    /// Takes back the token for the other side, if nobody has used it.
    ///
    /// @return whether there is none any more that could be used
    boolean revokeToken(PeerSide other) throws InterruptedException {
        try {
            // none that is unused is no success: it may have been used
            api.must("DELETE", path(other.datacenter) + "/token", "", ApiClient.JSON);
            return true;
        } catch (CommandFailedException _) {
            return false; // whoever reads the first failure is told that it may still lie there
        }
    }

    /// What the other side sees of this one.
    List<String> exportsTo(PeerSide other) throws CommandFailedException, InterruptedException {
        return Chart.items(api.json(Chart.EXPORTS))
                .filter(entry ->
                        Json.texts(entry.path("Consumers").path("Peers"))
                                .contains(other.datacenter))
                .map(entry -> ClientCommand.text(entry, "Service"))
                .sorted()
                .toList();
    }
}
