package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.Remarks;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.configentry.EntryForm;
import dev.hansa.peering.hcl.HclException;
import dev.hansa.peering.hcl.HclReader;
import dev.hansa.trustbundle.PeerName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Reads the services that a machine's agent registers, as Consul's agents are given them:
/// `service` or `services`, in HCL, JSON or YAML. Services and checks are read as the API reads
/// them, so that what a file may say is what a request may; a key that nobody knows is refused,
/// since nobody looks at the answer to a file.
public final class ServiceFile {
    /// More is no file that somebody wrote by hand.
    private static final int MAX_SERVICES = 256;

    private static final int MAX_UPSTREAMS = 256;

    /// Consul's.
    private static final int OUTBOUND_PORT = 15_001;

    private static final Set<String> TOP = Set.of("service", "services");

    private static final Set<String> OF_SERVICE =
            Set.of(
                    "id",
                    "name",
                    "port",
                    "address",
                    "tags",
                    "meta",
                    "taggedaddresses",
                    "weights",
                    "enabletagoverride",
                    "check",
                    "checks",
                    "connect");

    private static final Set<String> OF_CHECK =
            Set.of(
                    "id",
                    "checkid",
                    "name",
                    "notes",
                    "status",
                    "ttl",
                    "http",
                    "method",
                    "header",
                    "body",
                    "tcp",
                    "grpc",
                    "grpcusetls",
                    "tlsskipverify",
                    "interval",
                    "timeout",
                    "successbeforepassing",
                    "failuresbeforewarning",
                    "failuresbeforecritical");

    /// A second document would be one that nobody has read.
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private static final ObjectMapper YAML =
            new ObjectMapper(new YAMLFactory())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private ServiceFile() {}

    /// @param instance as the catalog shall have it
    /// @param sidecar empty: the service is not in the mesh
    public record Definition(ServiceInstance instance, Optional<Sidecar> sidecar) {}

    /// The sidecar that a service wants.
    ///
    /// @param address where mutual TLS ends; empty: the machine's
    /// @param port of it; 0: any that is free
    /// @param application where the service listens; empty: it only calls
    /// @param outboundPort where it takes what is redirected; 0: nothing is
    public record Sidecar(
            String address,
            int port,
            Optional<Endpoint> application,
            List<Upstream> upstreams,
            int outboundPort) {
        public Sidecar {
            upstreams = List.copyOf(upstreams);
        }

        /// One that nothing is redirected to.
        public Sidecar(
                String address,
                int port,
                Optional<Endpoint> application,
                List<Upstream> upstreams) {
            this(address, port, application, upstreams, 0);
        }
    }

    /// @param peer whose service it is; empty: of this datacenter
    /// @param address where it is reached, with `port`; empty: 127.0.0.1
    public record Upstream(
            ServiceName service, Optional<PeerName> peer, String address, int port) {}

    /// @param node on which the services run
    /// @param name of the file, which says the form when it ends as `.json`, `.hcl` or `.yaml` does
    public static List<Definition> read(NodeRecord node, String text, String name)
            throws InvalidServiceFileException {
        var tree = tree(text, name.toLowerCase(Locale.ROOT));
        try {
            var top = JsonFields.read(tree.toString(), "file");
            known("file", top, TOP);
            var services = new ArrayList<JsonFields>();
            top.fields("service").ifPresent(services::add);
            services.addAll(top.list("services"));
            if (services.isEmpty() || services.size() > MAX_SERVICES) {
                throw new InvalidServiceFileException(
                        "expected a service, or services of at most "
                                + MAX_SERVICES
                                + "; found "
                                + services.size());
            }
            var all = new ArrayList<Definition>();
            var ids = new HashSet<String>();
            for (var service : services) {
                var one = definition(node, service);
                if (!ids.add(one.instance().id())) {
                    throw new InvalidServiceFileException(
                            "expected each id once; found '"
                                    + shown(one.instance().id())
                                    + "' twice");
                }
                all.add(one);
            }
            return all;
        } catch (RefusedRequestException e) {
            throw new InvalidServiceFileException(e.sentence(), e);
        }
    }

    private static JsonNode tree(String text, String name) throws InvalidServiceFileException {
        var form =
                name.endsWith(".hcl")
                        ? EntryForm.HCL
                        : name.endsWith(".json")
                                ? EntryForm.JSON
                                : name.endsWith(".yaml") || name.endsWith(".yml")
                                        ? EntryForm.YAML
                                        : EntryForm.of(text);
        if (text.length() > HclReader.MAX_CHARACTERS) {
            throw new InvalidServiceFileException(
                    "expected at most "
                            + HclReader.MAX_CHARACTERS
                            + " characters; found "
                            + text.length());
        }
        try {
            return switch (form) {
                case HCL -> HclReader.read(text);
                case JSON -> JSON.readTree(text);
                case YAML -> YAML.readTree(text);
            };
        } catch (HclException e) {
            throw new InvalidServiceFileException(e.sentence(), e);
        } catch (JsonProcessingException e) {
            var where = e.getLocation();
            throw new InvalidServiceFileException(
                    "expected "
                            + form
                            + "; found a mistake"
                            + (where == null
                                    ? ""
                                    : " at line "
                                            + where.getLineNr()
                                            + ", column "
                                            + where.getColumnNr()),
                    e);
        }
    }

    private static void known(String subject, JsonFields fields, Set<String> names)
            throws InvalidServiceFileException {
        for (var name : fields.byName().keySet()) {
            if (!names.contains(name.replace("_", ""))) {
                throw new InvalidServiceFileException(
                        subject + ": expected keys that are known; found '" + shown(name) + "'");
            }
        }
    }

    private static Definition definition(NodeRecord node, JsonFields service)
            throws RefusedRequestException, InvalidServiceFileException {
        known("service", service, OF_SERVICE);
        for (var check : CheckReader.all(service)) {
            known("check", check, OF_CHECK);
        }
        if (service.text("Kind").equals(ServiceKind.CONNECT_PROXY.word())) {
            throw new InvalidServiceFileException(
                    "kind: expected '' or mesh-gateway; found 'connect-proxy', which a sidecar becomes by joining (connect { sidecar_service { } })");
        }
        var instance = ServiceDefinition.read(node, service, "Name", CheckReader::run);
        for (var check : instance.checks()) {
            if (!check.isRun()) {
                throw new InvalidServiceFileException(
                        "check '"
                                + shown(check.id())
                                + "': expected TTL, HTTP, TCP or GRPC, by which it is found out; found none");
            }
        }
        var connect = service.fields("connect");
        if (connect.isEmpty()) {
            return new Definition(instance, Optional.empty());
        }
        known("connect", connect.get(), Set.of("sidecarservice"));
        var sidecar = connect.get().fields("SidecarService");
        return new Definition(
                instance,
                sidecar.isEmpty()
                        ? Optional.empty()
                        : Optional.of(sidecar(instance, sidecar.get())));
    }

    private static Sidecar sidecar(ServiceInstance service, JsonFields fields)
            throws RefusedRequestException, InvalidServiceFileException {
        known("sidecar_service", fields, Set.of("address", "port", "proxy"));
        if (service.kind() != ServiceKind.TYPICAL) {
            throw new InvalidServiceFileException(
                    "sidecar_service: expected a service; found a gateway");
        }
        var address = fields.text("Address");
        if (!address.isEmpty()) {
            ServiceDefinition.word("sidecar_service.address", address);
        }
        plain(service);
        var proxy = fields.fields("Proxy").orElse(new JsonFields("proxy", Map.of()));
        known(
                "proxy",
                proxy,
                Set.of(
                        "upstreams",
                        "localserviceaddress",
                        "localserviceport",
                        "mode",
                        "transparentproxy"));
        var outbound = outbound(proxy);
        var upstreams = new ArrayList<Upstream>();
        for (var upstream : proxy.list("Upstreams")) {
            upstreams.add(upstream(upstream));
        }
        if (upstreams.size() > MAX_UPSTREAMS) {
            throw new InvalidServiceFileException(
                    "upstreams: expected at most " + MAX_UPSTREAMS + "; found " + upstreams.size());
        }
        if (upstreams.stream().map(Upstream::address).distinct().count() > 1) {
            throw new InvalidServiceFileException(
                    "upstreams: expected one local_bind_address for all of a service; found several");
        }
        var localPort = port(proxy, "LocalServicePort", service.port());
        var local = proxy.text("LocalServiceAddress");
        if (localPort == 0 && upstreams.isEmpty() && outbound == 0) {
            throw new InvalidServiceFileException(
                    "service '"
                            + service.name()
                            + "': expected a port, or upstreams of a service that only calls; found neither");
        }
        return new Sidecar(
                address,
                port(fields, "Port", 0),
                localPort == 0
                        ? Optional.empty()
                        : Optional.of(
                                ApiRequest.read(
                                        local.isEmpty() ? "127.0.0.1" : local,
                                        host -> new Endpoint(host, localPort))),
                upstreams,
                outbound);
    }

    /// The port to which the mode has connections redirected; 0: to none.
    private static int outbound(JsonFields proxy)
            throws RefusedRequestException, InvalidServiceFileException {
        var terms = proxy.fields("TransparentProxy");
        if (terms.isPresent()) {
            known("transparent_proxy", terms.get(), Set.of("outboundlistenerport"));
        }
        var mode = proxy.text("Mode");
        return switch (mode) {
            case "", "direct" -> 0;
            case "transparent" -> {
                var port = terms.isPresent() ? port(terms.get(), "OutboundListenerPort", 0) : 0;
                yield port == 0 ? OUTBOUND_PORT : port;
            }
            default ->
                    throw new InvalidServiceFileException(
                            "mode: expected 'direct' or 'transparent'; found '"
                                    + shown(mode)
                                    + "'");
        };
    }

    /// A sidecar is told them in lists, as it is the id in one word.
    private static void plain(ServiceInstance service) throws InvalidServiceFileException {
        if (!service.id().matches("[A-Za-z0-9._:-]{1,200}")) {
            throw new InvalidServiceFileException(
                    "id of a service with a sidecar: expected at most 200 letters, digits, '.', '_', ':' and '-'; found '"
                            + shown(service.id())
                            + "'");
        }
        for (var text :
                Stream.of(service.tags(), service.meta().keySet(), service.meta().values())
                        .flatMap(Collection::stream)
                        .toList()) {
            if (text.contains(",")) {
                throw new InvalidServiceFileException(
                        "tags and meta of a service with a sidecar: expected no ','; found '"
                                + shown(text)
                                + "'");
            }
        }
    }

    private static Upstream upstream(JsonFields fields)
            throws RefusedRequestException, InvalidServiceFileException {
        known(
                "upstream",
                fields,
                Set.of("destinationname", "destinationpeer", "localbindport", "localbindaddress"));
        var service = ApiRequest.read(fields.text("DestinationName"), ServiceName::new);
        var peer = fields.text("DestinationPeer");
        var port = port(fields, "LocalBindPort", 0);
        if (port == 0) {
            throw new InvalidServiceFileException(
                    "upstream '" + service + "': expected a local_bind_port; found none");
        }
        var address = fields.text("LocalBindAddress");
        if (!address.isEmpty()) {
            ServiceDefinition.word("local_bind_address", address);
        }
        return new Upstream(
                service,
                peer.isEmpty()
                        ? Optional.empty()
                        : Optional.of(ApiRequest.read(peer, PeerName::of)),
                address,
                port);
    }

    private static int port(JsonFields fields, String name, int fallback)
            throws RefusedRequestException, InvalidServiceFileException {
        var port = fields.number(name, fallback);
        if (port < 0 || port > 65535) {
            throw new InvalidServiceFileException(
                    name + ": expected a port number from 0 to 65535; found '" + port + "'");
        }
        return port;
    }

    /// What a registration says without its checks; two that say the same have the same.
    public static String digest(ServiceInstance instance) {
        return Sha256.hex(service(instance).toString().getBytes(StandardCharsets.UTF_8));
    }

    /// The body of `PUT /v1/catalog/register` that says the same, with what its checks have found.
    public static String registration(ServiceInstance instance) {
        var json = JsonNodeFactory.instance.objectNode();
        json.put("Node", instance.node().name()).put("Address", instance.node().address());
        json.put("SkipNodeUpdate", true);
        var nodeMeta = json.putObject("NodeMeta");
        instance.node().meta().forEach(nodeMeta::put);
        json.set("Service", service(instance));
        json.set("Checks", checks(instance.id(), instance.checks()));
        return json.toString();
    }

    /// As the other, of some checks of a service that is registered.
    public static String results(String node, String serviceId, List<HealthCheck> checks) {
        var json = JsonNodeFactory.instance.objectNode().put("Node", node);
        json.set("Checks", checks(serviceId, checks));
        return json.toString();
    }

    private static ArrayNode checks(String serviceId, List<HealthCheck> checks) {
        var array = JsonNodeFactory.instance.arrayNode();
        for (var check : checks) {
            array.addObject()
                    .put("CheckID", check.id())
                    .put("Name", check.name())
                    .put("ServiceID", serviceId)
                    .put("Status", check.status().word())
                    .put("Output", check.output())
                    .put("Notes", check.definition().map(one -> one.notes()).orElse(""));
        }
        return array;
    }

    private static ObjectNode service(ServiceInstance instance) {
        var service =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("ID", instance.id())
                        .put("Service", instance.name())
                        .put("Address", instance.address())
                        .put("Port", instance.port());
        if (instance.kind() != ServiceKind.TYPICAL) {
            service.put("Kind", instance.kind().word());
        }
        instance.tags().forEach(service.putArray("Tags")::add);
        var meta = service.putObject("Meta");
        new TreeMap<>(instance.meta()).forEach(meta::put);
        service.putObject("Weights")
                .put("Passing", instance.weightPassing())
                .put("Warning", instance.weightWarning());
        var tagged = service.putObject("TaggedAddresses");
        new TreeMap<>(instance.taggedAddresses())
                .forEach((name, at) ->
                        tagged.putObject(name).put("Address", at.host()).put("Port", at.port()));
        if (instance.remarks().map(Remarks::tagOverride).orElse(false)) {
            service.put("EnableTagOverride", true);
        }
        return service;
    }
}
