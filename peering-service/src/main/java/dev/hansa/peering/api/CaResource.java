package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Duration;
import java.util.List;

/// The certificate authority: how it stands, and its rotation.
final class CaResource {
    private static final int CONFLICT = 409;

    private final CaOperations ca;
    private final Duration leafLife;

    CaResource(CaOperations ca, Duration leafLife) {
        this.ca = ca;
        this.leafLife = leafLife;
    }

    private CaConfiguration now() {
        return new CaConfiguration(ca.status().isOwn(), leafLife);
    }

    /// As Consul's clients ask for it.
    ApiAnswer configuration(ApiRequest request) {
        return ApiAnswer.json(now().json());
    }

    /// A root is replaced in steps that are waited for, not by another configuration. Who writes
    /// what is so has nothing refused.
    ApiAnswer configure(ApiRequest request) throws RefusedRequestException {
        var wanted = JsonFields.read(request.body(), "Request decode failed");
        var difference = now().difference(wanted);
        if (difference.isPresent()) {
            throw new RefusedRequestException(
                    500,
                    "Connect CA configuration: expected none that is another, since settings of"
                            + " the servers say it (ca.root-file, leaf.ttl) and PUT"
                            + " /v1/hansa/ca/rotate (hansa ca rotate) moves to another root: "
                            + difference.get());
        }
        return ApiAnswer.EMPTY;
    }

    ApiAnswer status(ApiRequest request) {
        var status = ca.status();
        var json =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("TrustDomain", status.trustDomain())
                        .put("ActiveRootID", status.root())
                        .put("External", !status.isOwn());
        status.rotation()
                .ifPresentOrElse(
                        going -> {
                            var rotation =
                                    json.putObject("Rotation")
                                            .put("Phase", going.phase())
                                            .put("OtherRootID", going.otherRoot())
                                            .put("StartedAt", going.startedAt().toString())
                                            .put("Since", going.since().toString())
                                            .put(
                                                    "Until",
                                                    going.since().plus(going.limit()).toString());
                            var waits = rotation.putArray("WaitsFor");
                            going.waits()
                                    .forEach(wait ->
                                            waits.addObject()
                                                    .put("Kind", wait.kind())
                                                    .put("Name", wait.name())
                                                    .put("Reason", wait.reason())
                                                    .put("Since", wait.since().toString()));
                        },
                        () -> json.putNull("Rotation"));
        return ApiAnswer.json(json);
    }

    ApiAnswer rotate(ApiRequest request) throws RefusedRequestException {
        var isExternal =
                !request.body().isBlank()
                        && JsonFields.read(request.body(), "Body decoding failed")
                                .only(List.of("External"))
                                .flag("External");
        var refusal = ca.rotate(isExternal);
        if (refusal.isPresent()) {
            throw new RefusedRequestException(CONFLICT, refusal.get());
        }
        return status(request);
    }
}
