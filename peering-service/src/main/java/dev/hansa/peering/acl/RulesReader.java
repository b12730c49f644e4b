package dev.hansa.peering.acl;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.hcl.HclException;
import dev.hansa.peering.hcl.HclReader;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads rules as Consul's policies have them, in HCL or JSON:
///
/// ```
/// service_prefix "" { policy = "read" }
/// service "web" {
///   policy     = "write"
///   intentions = "read"
/// }
/// peering = "write"
/// ```
///
/// What Consul has rules for and Hansa has not (keys, sessions, events, prepared queries) is read
/// over, so that a policy serves both.
final class RulesReader {
    /// A field that is given twice would hide the first one, which may be the one that denies.
    private static final ObjectMapper JSON =
            new ObjectMapper(
                            JsonFactory.builder()
                                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    // rules are three deep
                                                    .maxNestingDepth(16)
                                                    .build())
                                    .build())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private static final String PREFIX = "_prefix";

    private static final Map<String, Resource> NAMED =
            Map.of(
                    "service", Resource.SERVICE,
                    "node", Resource.NODE,
                    "agent", Resource.AGENT);

    private static final Map<String, Resource> WHOLE =
            Map.of(
                    "acl", Resource.ACL,
                    "operator", Resource.OPERATOR,
                    "mesh", Resource.MESH,
                    "peering", Resource.PEERING,
                    "ca", Resource.CA);

    private static final Set<String> OF_CONSUL_ALONE =
            Set.of("key", "session", "event", "query", "keyring");

    private final Rules.Builder rules = new Rules.Builder();

    private RulesReader() {}

    /// @throws InvalidRulesException saying where and what
    static Rules read(String text) throws InvalidRulesException {
        if (text.isBlank()) {
            return Rules.NONE;
        }
        try {
            var reader = new RulesReader();
            for (var field : tree(text).properties()) {
                reader.field(field.getKey(), field.getValue());
            }
            return reader.rules.build();
        } catch (HclException e) {
            throw new InvalidRulesException("rules: " + e.getMessage());
        } catch (JsonProcessingException e) {
            var where = e.getLocation();
            throw new InvalidRulesException(
                    "rules: expected JSON, as they begin with '{'; found a mistake"
                            + (where == null
                                    ? ""
                                    : " at line "
                                            + where.getLineNr()
                                            + ", column "
                                            + where.getColumnNr()));
        }
    }

    private static JsonNode tree(String text) throws HclException, JsonProcessingException {
        return text.stripLeading().startsWith("{") ? JSON.readTree(text) : HclReader.read(text);
    }

    private void field(String key, JsonNode value) throws InvalidRulesException {
        var isPrefix = key.endsWith(PREFIX);
        var word = isPrefix ? key.substring(0, key.length() - PREFIX.length()) : key;
        var named = NAMED.get(word);
        if (named != null) {
            named(key, named, isPrefix, value);
        } else if (WHOLE.containsKey(key)) {
            rules.whole(WHOLE.get(key), level(key, value));
        } else if (!OF_CONSUL_ALONE.contains(word)) {
            throw new InvalidRulesException(
                    "rules: expected one of "
                            + List.of(
                                    "service",
                                    "service_prefix",
                                    "node",
                                    "node_prefix",
                                    "agent",
                                    "agent_prefix",
                                    "acl",
                                    "operator",
                                    "mesh",
                                    "peering",
                                    "ca")
                            + "; found '"
                            + ForeignText.shown(key)
                            + "'");
        }
    }

    private void named(String key, Resource resource, boolean isPrefix, JsonNode blocks)
            throws InvalidRulesException {
        if (!blocks.isObject()) {
            throw new InvalidRulesException(
                    "rules: expected " + key + " \"NAME\" { policy = \"read\" }; found no block");
        }
        for (var block : blocks.properties()) {
            var place = key + " \"" + ForeignText.shown(block.getKey()) + "\"";
            if (!block.getValue().isObject()) {
                throw new InvalidRulesException(
                        "rules: " + place + ": expected a block with policy; found none");
            }
            var policy = block.getValue().path("policy");
            if (policy.isMissingNode()) {
                throw new InvalidRulesException(
                        "rules: " + place + ": expected policy; found none");
            }
            var level = level(place + ".policy", policy);
            put(resource, isPrefix, block.getKey(), level);
            if (resource == Resource.SERVICE) {
                var intentions = block.getValue().path("intentions");
                put(
                        Resource.INTENTIONS,
                        isPrefix,
                        block.getKey(),
                        intentions.isMissingNode()
                                ? level == Level.DENY ? Level.DENY : Level.READ
                                : level(place + ".intentions", intentions));
            }
            for (var field : block.getValue().properties()) {
                if (!(field.getKey().equals("policy")
                        || resource == Resource.SERVICE && field.getKey().equals("intentions"))) {
                    throw new InvalidRulesException(
                            "rules: "
                                    + place
                                    + ": expected policy"
                                    + (resource == Resource.SERVICE ? " or intentions" : "")
                                    + "; found '"
                                    + ForeignText.shown(field.getKey())
                                    + "'");
                }
            }
        }
    }

    private void put(Resource resource, boolean isPrefix, String name, Level level) {
        if (isPrefix) {
            rules.prefix(resource, name, level);
        } else {
            rules.exact(resource, name, level);
        }
    }

    private static Level level(String place, JsonNode value) throws InvalidRulesException {
        return Level.named(value.isTextual() ? value.textValue() : "")
                .orElseThrow(() ->
                        new InvalidRulesException(
                                "rules: "
                                        + place
                                        + ": expected 'read', 'write' or 'deny'; found "
                                        + (value.isTextual()
                                                ? "'" + ForeignText.shown(value.textValue()) + "'"
                                                : "no text")));
    }
}
