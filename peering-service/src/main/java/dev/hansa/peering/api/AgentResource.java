package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;

/// What the server says of itself.
final class AgentResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final ApiSettings settings;

    AgentResource(ApiSettings settings) {
        this.settings = settings;
    }

    ApiAnswer self(ApiRequest request) {
        var json = JSON.objectNode();
        json.putObject("Config")
                .put("Datacenter", settings.datacenter().name())
                .put("NodeName", settings.nodeName())
                .put("Server", true)
                .put("Version", version());
        json.putObject("Member")
                .put("Name", settings.nodeName())
                .put("Addr", settings.listen().getHostString())
                .put("Port", settings.listen().getPort())
                // serf's word for alive
                .put("Status", 1);
        json.putObject("Meta");
        return ApiAnswer.json(json);
    }

    private static String version() {
        var version = AgentResource.class.getPackage().getImplementationVersion();
        return version == null ? "0.1.0" : version;
    }
}
