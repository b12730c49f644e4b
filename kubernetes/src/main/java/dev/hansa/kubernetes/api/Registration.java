package dev.hansa.kubernetes.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/// An instance as it is to stand in a datacenter's catalog, with the one check that whoever
/// registers it knows the result of.
///
/// @param node it is made with the first instance
/// @param nodeMeta of the node, when it is made
/// @param otherAddresses by tag
/// @param status `passing`, `critical` or `maintenance`
/// @param words why
public record Registration(
        String node,
        Map<String, String> nodeMeta,
        String id,
        String service,
        String address,
        int port,
        Map<String, String> otherAddresses,
        List<String> tags,
        Map<String, String> meta,
        String status,
        String words) {
    /// In the meta: by it is seen whether the catalog has what is wanted, whatever a sidecar adds.
    public static final String DIGEST = "k8s-digest";

    /// Enough to tell two states of an instance apart.
    private static final int DIGITS = 16;

    private static final ObjectMapper JSON =
            new ObjectMapper().configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true);

    public Registration {
        nodeMeta = Map.copyOf(nodeMeta);
        otherAddresses = Map.copyOf(otherAddresses);
        tags = List.copyOf(tags);
        meta = Map.copyOf(meta);
    }

    /// Unique in a datacenter: a node's name holds no slash.
    public String key() {
        return node + "/" + id;
    }

    /// Another one for whatever else is said, however maps are ordered.
    public String digest() {
        try {
            var text = JSON.writeValueAsString(this);
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)))
                    .substring(0, DIGITS);
        } catch (NoSuchAlgorithmException | JsonProcessingException e) {
            throw new IllegalStateException("digest: expected one of any registration", e);
        }
    }

    /// As `PUT /v1/catalog/register` takes it. A node that is there stays as it is.
    ObjectNode body() {
        var body = JSON.createObjectNode();
        body.put("Node", node).put("Address", node).put("SkipNodeUpdate", true);
        body.set("NodeMeta", JSON.valueToTree(nodeMeta));
        var said = body.putObject("Service");
        said.put("ID", id).put("Service", service).put("Address", address).put("Port", port);
        tags.forEach(said.putArray("Tags")::add);
        ObjectNode own = JSON.valueToTree(meta);
        said.set("Meta", own.put(DIGEST, digest()));
        if (!otherAddresses.isEmpty()) {
            var tagged = said.putObject("TaggedAddresses");
            otherAddresses.forEach(
                    (tag, other) -> tagged.putObject(tag).put("Address", other).put("Port", port));
        }
        body.putObject("Check")
                .put("CheckID", checkId())
                .put("Name", "Kubernetes readiness")
                .put("ServiceID", id)
                .put("Status", status)
                .put("Output", words);
        return body;
    }

    String checkId() {
        return "kubernetes:" + id;
    }
}
