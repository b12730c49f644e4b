package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.api.PeeringOperations.EstablishResult;
import dev.hansa.peering.api.PeeringOperations.RevokeResult;
import dev.hansa.peering.api.PeeringOperations.TokenResult;
import dev.hansa.token.TokenForm;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/// `/v1/peering`: making, showing and ending peerings.
final class PeeringResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String BODY_MISSING = "The peering arguments must be provided in the body";
    private static final String DECODING = "Body decoding failed";

    /// Longer, and a forgotten token is a standing invitation.
    private static final Duration MAX_TOKEN_LIFE = Duration.ofDays(7);

    private final PeeringOperations peerings;
    private final BlockingReads reads;

    PeeringResource(PeeringOperations peerings, BlockingReads reads) {
        this.peerings = peerings;
        this.reads = reads;
    }

    ApiAnswer generateToken(ApiRequest request) throws RefusedRequestException {
        var body =
                body(request)
                        .only(
                                List.of(
                                        "PeerName",
                                        "Partition",
                                        "Meta",
                                        "ServerExternalAddresses",
                                        "ForDatacenter",
                                        "TTL",
                                        "TokenForm"));
        var peer =
                name(
                        body,
                        "PeerName is required in the payload when generating a new peering token.");
        refusePartition(body);
        var ttl = body.text("TTL");
        Optional<Duration> life =
                ttl.isEmpty()
                        ? Optional.empty()
                        : Optional.of(ApiRequest.life("TTL", ttl, MAX_TOKEN_LIFE));
        return switch (peerings.generateToken(
                peer,
                body.text("ForDatacenter"),
                body.map("Meta"),
                body.texts("ServerExternalAddresses"),
                life,
                form(body))) {
            case TokenResult.Ok(var token, var fingerprint, var words) ->
                    ApiAnswer.json(
                            JSON.objectNode()
                                    .put("PeeringToken", token)
                                    .put("Fingerprint", fingerprint)
                                    .put("FingerprintWords", words));
            case TokenResult.Failed(var status, var sentence) -> ApiAnswer.text(status, sentence);
        };
    }

    ApiAnswer establish(ApiRequest request) throws RefusedRequestException {
        var body =
                body(request)
                        .only(
                                List.of(
                                        "PeerName",
                                        "PeeringToken",
                                        "Partition",
                                        "Meta",
                                        "AcceptAudience",
                                        "RequireSigned",
                                        "ExpectFingerprint"));
        var peer = name(body, "PeerName is required in the payload when establishing a peering.");
        var token = body.text("PeeringToken");
        if (token.isEmpty()) {
            throw RefusedRequestException.bad(
                    "PeeringToken is required in the payload when establishing a peering.");
        }
        refusePartition(body);
        return switch (peerings.establish(
                peer,
                token,
                body.map("Meta"),
                new PeeringOperations.Conditions(
                        given(body, "AcceptAudience"),
                        body.flag("RequireSigned"),
                        given(body, "ExpectFingerprint")))) {
            case EstablishResult.Ok(var fingerprint, var words) ->
                    ApiAnswer.json(
                            JSON.objectNode()
                                    .put("Fingerprint", fingerprint)
                                    .put("FingerprintWords", words));
            case EstablishResult.Failed(var status, var sentence) ->
                    ApiAnswer.text(status, sentence);
        };
    }

    ApiAnswer revokeToken(ApiRequest request) throws RefusedRequestException {
        var name = ApiRequest.read(request.part("name"), PeerName::of);
        return switch (peerings.revokeToken(name)) {
            case RevokeResult.Ok(var id) -> ApiAnswer.json(JSON.objectNode().put("TokenID", id));
            case RevokeResult.Failed(var sentence) -> ApiAnswer.text(404, sentence);
        };
    }

    private static Optional<String> given(JsonFields body, String name)
            throws RefusedRequestException {
        return Optional.of(body.text(name)).filter(text -> !text.isEmpty());
    }

    private static Optional<TokenForm> form(JsonFields body) throws RefusedRequestException {
        var name = body.text("TokenForm");
        var form = TokenForm.named(name);
        if (!name.isEmpty() && form.isEmpty()) {
            throw RefusedRequestException.bad(
                    "TokenForm: expected 'signed' or 'consul'; found '"
                            + ForeignText.shown(name)
                            + "'");
        }
        return form;
    }

    private static JsonFields body(ApiRequest request) throws RefusedRequestException {
        if (request.body().isBlank()) {
            throw RefusedRequestException.bad(BODY_MISSING);
        }
        return JsonFields.read(request.body(), DECODING);
    }

    private static PeerName name(JsonFields body, String missing) throws RefusedRequestException {
        var name = body.text("PeerName");
        if (name.isEmpty()) {
            throw RefusedRequestException.bad(missing);
        }
        // As Consul: whoever makes a peering writes its name in lower case; only readers may not.
        return ApiRequest.read(name, PeerName::new);
    }

    private static void refusePartition(JsonFields body) throws RefusedRequestException {
        if (!List.of("", "default").contains(body.text("Partition").toLowerCase(Locale.ROOT))) {
            throw new RefusedRequestException(500, "Partitions are a Consul Enterprise feature");
        }
    }

    ApiAnswer read(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var text = request.part("name");
        if (text.isEmpty()) {
            throw RefusedRequestException.bad("Must specify a name to fetch.");
        }
        var name = request.anyPeering("name");
        var shown = name.map(PeerName::value).orElse(ForeignText.shown(text));
        return reads.read(
                request,
                Scope.PEERINGS,
                () ->
                        name.flatMap(peerings::view)
                                .map(view -> ApiAnswer.json(json(view)))
                                .orElseGet(() ->
                                        ApiAnswer.text(
                                                404, "Peering not found for \"" + shown + "\"")));
    }

    /// Also of one that is not there, or cannot be: it is gone, as the caller wants it.
    ApiAnswer delete(ApiRequest request) throws RefusedRequestException {
        return request.anyPeering("name")
                .flatMap(peerings::delete)
                .map(reason -> ApiAnswer.text(500, reason))
                .orElse(ApiAnswer.EMPTY);
    }

    ApiAnswer list(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return list(request, PeeringResource::json);
    }

    /// With how many services cross, and not which: a page that looks every few seconds would read
    /// thousands of names to count them.
    ApiAnswer lines(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return list(request, PeeringResource::line);
    }

    private ApiAnswer list(ApiRequest request, Function<PeeringView, ObjectNode> form)
            throws RefusedRequestException, InterruptedException {
        return reads.read(
                request,
                Scope.PEERINGS,
                () -> {
                    var all = JSON.arrayNode();
                    peerings.list().stream()
                            .sorted(Comparator.comparing(view -> view.record().name()))
                            .forEach(view -> all.add(form.apply(view)));
                    return ApiAnswer.json(all);
                });
    }

    private static ObjectNode line(PeeringView view) {
        var json =
                JSON.objectNode()
                        .put("Name", view.record().name().value())
                        .put("State", view.state())
                        .put("Datacenter", view.record().remoteDatacenter())
                        .put("ImportedServices", view.imported().size())
                        .put("ExportedServices", view.exported().size());
        moment(json, "LastHeartbeat", view.lastHeartbeat());
        moment(json, "LastReceive", view.lastReceive());
        return json;
    }

    private static ObjectNode json(PeeringView view) {
        var record = view.record();
        var json = JSON.objectNode().put("ID", record.id()).put("Name", record.name().value());
        record.deletedAt().ifPresent(at -> json.put("DeletedAt", at.toString()));
        if (!record.meta().isEmpty()) {
            put(json.putObject("Meta"), record.meta());
        }
        json.put("State", view.state());
        text(json, "PeerID", record.peerId());
        texts(json, "PeerCAPems", record.caPems());
        text(json, "PeerServerName", record.serverName());
        texts(json, "PeerServerAddresses", record.serverAddresses());
        var stream = json.putObject("StreamStatus");
        view.imported().forEach(stream.withArray("ImportedServices")::add);
        view.exported().forEach(stream.withArray("ExportedServices")::add);
        moment(stream, "LastHeartbeat", view.lastHeartbeat());
        moment(stream, "LastReceive", view.lastReceive());
        moment(stream, "LastSend", view.lastSend());
        for (var list : List.of("ImportedServices", "ExportedServices")) {
            if (!stream.has(list)) {
                stream.putArray(list);
            }
        }
        json.put("CreateIndex", record.createIndex()).put("ModifyIndex", record.modifyIndex());
        json.putObject("Remote").put("Partition", "").put("Datacenter", record.remoteDatacenter());
        return json;
    }

    private static void put(ObjectNode node, Map<String, String> map) {
        new TreeMap<>(map).forEach(node::put);
    }

    private static void text(ObjectNode node, String name, String value) {
        if (!value.isEmpty()) {
            node.put(name, value);
        }
    }

    private static void texts(ObjectNode node, String name, Collection<String> values) {
        if (!values.isEmpty()) {
            values.forEach(node.putArray(name)::add);
        }
    }

    private static void moment(ObjectNode node, String name, Optional<Instant> moment) {
        node.put(name, moment.map(Instant::toString).orElse(null));
    }
}
