package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.history.History;

/// What has happened of late, as this server has seen it.
final class HistoryResource {
    private final String server;
    private final History history;

    HistoryResource(String server, History history) {
        this.server = server;
        this.history = history;
    }

    /// Those that the caller may be told of, the newest first.
    ApiAnswer list(ApiRequest request) {
        var json = JsonNodeFactory.instance.objectNode();
        var access = request.caller().access();
        // the name of a node
        if (access.allows(Need.read(Resource.OPERATOR))
                || access.allows(Need.read(Resource.AGENT, server))) {
            json.put("Server", server);
        }
        json.put("Since", history.since().toString());
        var all = json.putArray("Events");
        history.all().stream()
                .filter(one -> one.needs().stream().allMatch(request.caller()::sees))
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
