package dev.hansa.kubernetes.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The catalog of a datacenter, as far as the operator reads and writes it.
public final class CatalogApi {
    /// In a node's meta: it stands for a machine that no agent of ours runs on.
    public static final String SYNTHETIC = "synthetic-node";

    private final HansaApi api;

    public CatalogApi(HansaApi api) {
        this.api = api;
    }

    /// @param name of the node
    public record Node(String name, Map<String, String> meta) {
        public Node {
            meta = Map.copyOf(meta);
        }
    }

    /// The instances of a service whose meta has these, in any order.
    public List<RegisteredInstance> instances(String service, Map<String, String> meta)
            throws ApiException, InterruptedException {
        var all = new ArrayList<RegisteredInstance>();
        for (var one : api.list("/v1/health/service/" + HansaApi.part(service))) {
            var found = texts(one.path("Service").path("Meta"));
            if (found.entrySet().containsAll(meta.entrySet())) {
                all.add(
                        instance(
                                one.path("Node").path("Node").asText(),
                                one.path("Service"),
                                status(one)));
            }
        }
        return all;
    }

    private static String status(JsonNode one) {
        var id = "kubernetes:" + one.path("Service").path("ID").asText();
        for (var check : one.path("Checks")) {
            if (check.path("CheckID").asText().equals(id)) {
                return check.path("Status").asText();
            }
        }
        return "";
    }

    private static RegisteredInstance instance(String node, JsonNode service, String status) {
        return new RegisteredInstance(
                node,
                service.path("ID").asText(),
                service.path("Service").asText(),
                texts(service.path("Meta")),
                status);
    }

    /// The nodes that were made for machines of Kubernetes clusters, whichever.
    public List<Node> syntheticNodes() throws ApiException, InterruptedException {
        var all = new ArrayList<Node>();
        for (var one :
                api.list("/v1/catalog/nodes?node-meta=" + HansaApi.part(SYNTHETIC + ":true"))) {
            all.add(new Node(one.path("Node").asText(), texts(one.path("Meta"))));
        }
        return all;
    }

    /// All that is there, sidecars too; their statuses are not told.
    public List<RegisteredInstance> at(String node) throws ApiException, InterruptedException {
        var all = new ArrayList<RegisteredInstance>();
        for (var one :
                api.read("/v1/catalog/node-services/" + HansaApi.part(node)).path("Services")) {
            all.add(instance(node, one, ""));
        }
        return all;
    }

    public void register(Registration wanted) throws ApiException, InterruptedException {
        api.put("/v1/catalog/register", wanted.body());
    }

    /// What is not there is deregistered already.
    ///
    /// @param id empty: the node, and all that is registered there
    public void deregister(String node, String id) throws ApiException, InterruptedException {
        var body = JsonNodeFactory.instance.objectNode().put("Node", node);
        Optional.of(id).filter(one -> !one.isEmpty()).ifPresent(one -> body.put("ServiceID", one));
        api.put("/v1/catalog/deregister", body);
    }

    private static Map<String, String> texts(JsonNode object) {
        var texts = new HashMap<String, String>();
        object.properties().forEach(one -> texts.put(one.getKey(), one.getValue().asText()));
        return texts;
    }
}
