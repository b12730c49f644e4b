package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.exportedservices.filter.FilterFields;
import java.util.List;
import java.util.stream.StreamSupport;

/// What `?filter=` may ask of the items of the lists below `/v1/acl`, as they are shown: of no
/// secret and of no hash.
final class AclFilters {
    static final FilterFields<JsonNode> TOKEN =
            each(
                            each(
                                    each(
                                            each(
                                                    texts(
                                                            "AccessorID",
                                                            "Description",
                                                            "AuthMethod",
                                                            "CreateTime",
                                                            "ExpirationTime"),
                                                    "Policies",
                                                    "ID"),
                                            "Policies",
                                            "Name"),
                                    "ServiceIdentities",
                                    "ServiceName"),
                            "NodeIdentities",
                            "NodeName")
                    .flag("Local", token -> token.path("Local").asBoolean());

    static final FilterFields<JsonNode> POLICY = texts("ID", "Name", "Description");

    static final FilterFields<JsonNode> AUTH_METHOD =
            texts("Name", "Type", "DisplayName", "Description", "MaxTokenTTL", "TokenLocality");

    static final FilterFields<JsonNode> BINDING_RULE =
            texts("ID", "Description", "AuthMethod", "Selector", "BindType", "BindName");

    private AclFilters() {}

    private static FilterFields<JsonNode> texts(String... names) {
        var fields = FilterFields.<JsonNode>none();
        for (var name : names) {
            fields = fields.text(name, item -> item.path(name).asText());
        }
        return fields;
    }

    private static FilterFields<JsonNode> each(
            FilterFields<JsonNode> fields, String list, String name) {
        return fields.each(list + "." + name, item -> members(item.path(list), name));
    }

    private static List<String> members(JsonNode list, String name) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(one -> one.path(name).asText())
                .toList();
    }
}
