package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.history.History;

/// What has happened of late, as this server has seen it.
final class HistoryResource {
    private final String server;
    private final History history;
    private final BlockingReads reads;

    HistoryResource(String server, History history, BlockingReads reads) {
        this.server = server;
        this.history = history;
        this.reads = reads;
    }

    /// Those that the caller may be told of, the newest first; waits for one when the caller has
    /// seen all that there is.
    ApiAnswer list(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return reads.read(request, Scope.HISTORY, () -> list(request.caller()));
    }

    private ApiAnswer list(Caller caller) {
        var json = JsonNodeFactory.instance.objectNode();
        var access = caller.access();
        // the name of a node
        if (access.allows(Need.read(Resource.OPERATOR))
                || access.allows(Need.read(Resource.AGENT, server))) {
            json.put("Server", server);
        }
        json.put("Since", history.since().toString());
        var all = json.putArray("Events");
        history.all().stream()
                .filter(one -> one.needs().stream().allMatch(caller::sees))
                .forEach(one ->
                        all.addObject()
                                .put("Index", one.index())
                                .put("At", one.at().toString())
                                .put("Kind", one.kind().word())
                                .put("About", one.about())
                                .put("Sentence", one.sentence()));
        return ApiAnswer.json(json);
    }
}
