package dev.hansa.kubernetes.catalog;

import dev.hansa.kubernetes.api.CatalogApi;
import dev.hansa.kubernetes.api.Registration;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/// What is to be registered for one Service.
///
/// @param registrations by their keys
/// @param held keys of what stays as it is if it is there, and is not registered anew
/// @param shown what the Service's own addresses stand for
public record Instances(
        Map<String, Registration> registrations,
        List<String> held,
        List<PodProblem> problems,
        Shown shown) {
    private static final String NODE = "k8s-";

    /// The port of an injected pod's sidecar, where mutual TLS ends.
    private static final String SIDECAR_PORT = "20000";

    private static final String SYNC = "service-sync";
    private static final String IGNORE = "service-ignore";

    public static final Instances NONE =
            new Instances(Map.of(), List.of(), List.of(), new Shown.Nothing());

    public Instances {
        registrations = Map.copyOf(registrations);
        held = List.copyOf(held);
        problems = List.copyOf(problems);
    }

    /// A place where a pod is reached, as one slice says.
    private record Place(
            String family, String address, Endpoint endpoint, List<EndpointPort> ports) {}

    /// Whether a Service is passed over whatever it selects.
    public static boolean isIgnored(Service service) {
        return new Marks(texts(service.getMetadata().getLabels())).isTrue(IGNORE);
    }

    /// @param cluster how what this cluster registers is marked
    public static Instances of(KubeService key, Seen seen, Map<String, String> cluster) {
        var service = seen.service(key).filter(one -> !isIgnored(one));
        return service.isEmpty() ? NONE : new Reading(key, service.get(), seen, cluster).read();
    }

    /// The mark of all that is registered for a Service, in the meta of each instance.
    public static Map<String, String> mark(KubeService service, Map<String, String> cluster) {
        var mark = new TreeMap<>(cluster);
        mark.put("k8s-namespace", service.namespace());
        mark.put("k8s-service-name", service.name());
        return mark;
    }

    /// Whose an instance is by its mark; empty: it was registered for no Service.
    public static Optional<KubeService> owner(Map<String, String> meta) {
        var namespace = meta.getOrDefault("k8s-namespace", "");
        var name = meta.getOrDefault("k8s-service-name", "");
        return namespace.isEmpty() || name.isEmpty()
                ? Optional.empty()
                : Optional.of(new KubeService(namespace, name));
    }

    /// The node that stands for a machine of a cluster; empty: it is not known.
    public static String node(String machine) {
        return NODE + (machine.isEmpty() ? "unknown" : machine);
    }

    /// Of an instance, as the injector tells it the pod's sidecar too. Pods of two namespaces may
    /// have one name on one machine; a namespace holds no dot.
    private static String id(String namespace, String pod, String service) {
        return namespace + "." + pod + "-" + service;
    }

    private static Map<String, String> texts(Map<String, String> found) {
        return Objects.requireNonNullElse(found, Map.of());
    }

    private record Reading(
            KubeService key,
            Service service,
            Seen seen,
            Map<String, String> cluster,
            Map<String, Registration> registrations,
            List<String> held,
            List<PodProblem> problems,
            Selected selected) {
        Reading(KubeService key, Service service, Seen seen, Map<String, String> cluster) {
            this(
                    key,
                    service,
                    seen,
                    cluster,
                    new LinkedHashMap<>(),
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new Selected(service));
        }

        Instances read() {
            places().forEach(this::pod);
            return new Instances(registrations, held, problems, selected.shown());
        }

        /// Of each pod, in the order of its Service's families: it may stand in a slice of each,
        /// and for a moment in two of one.
        private Map<String, List<Place>> places() {
            var byPod = new TreeMap<String, List<Place>>();
            for (var slice : seen.slices(key)) {
                for (var endpoint :
                        Objects.requireNonNullElse(slice.getEndpoints(), List.<Endpoint>of())) {
                    var target = endpoint.getTargetRef();
                    if (target != null
                            && "Pod".equals(target.getKind())
                            && !endpoint.getAddresses().isEmpty()) {
                        byPod.computeIfAbsent(target.getName(), _ -> new ArrayList<>())
                                .add(
                                        new Place(
                                                slice.getAddressType(),
                                                endpoint.getAddresses().getFirst(),
                                                endpoint,
                                                ports(slice)));
                    }
                }
            }
            var first = families().isEmpty() ? "IPv4" : families().getFirst();
            byPod.values()
                    .forEach(places ->
                            places.sort((a, b) ->
                                    Boolean.compare(
                                            b.family().equals(first), a.family().equals(first))));
            return byPod;
        }

        private static List<EndpointPort> ports(EndpointSlice slice) {
            return Objects.requireNonNullElse(slice.getPorts(), List.<EndpointPort>of());
        }

        private List<String> families() {
            return service.getSpec() == null
                    ? List.of()
                    : Objects.requireNonNullElse(service.getSpec().getIpFamilies(), List.of());
        }

        private void pod(String name, List<Place> places) {
            var first = places.getFirst();
            var uid = Objects.requireNonNullElse(first.endpoint().getTargetRef().getUid(), "");
            var injected =
                    seen.injected(key.namespace(), name)
                            .filter(pod -> uid.isEmpty() || pod.uid().equals(uid));
            if (injected.isEmpty()) {
                // one that is just made may not be known to have a sidecar yet
                if (places.stream()
                        .map(place -> Readiness.of(place.endpoint().getConditions(), injected))
                        .anyMatch(Readiness.READY::equals)) {
                    selected.plain();
                }
                plain(name, uid, places);
                return;
            }
            var pod = injected.get();
            if (pod.isGateway()) {
                return;
            }
            switch (pod.part(key.name(), seen.servicesOf(key.namespace(), name))) {
                case InjectedPod.Part.None() -> selected.other();
                case InjectedPod.Part.OneOfSeveral(var services) -> {
                    selected.other();
                    problems.add(PodProblem.severalServices(pod, services));
                    held.add(
                            node(machine(first, injected))
                                    + "/"
                                    + id(key.namespace(), name, pod.called(key.name())));
                }
                // whoever may label a pod would say any name; its certificate has its account's
                case InjectedPod.Part.Of(var called, _)
                        when !called.equals(pod.serviceAccount()) -> {
                    selected.other();
                    problems.add(PodProblem.otherService(pod, called));
                }
                case InjectedPod.Part.Of(var called, var port) ->
                        port(port, first, pod.ports())
                                .ifPresentOrElse(
                                        number ->
                                                add(
                                                        name,
                                                        pod.uid(),
                                                        called,
                                                        number,
                                                        places,
                                                        injected,
                                                        pod.marks()),
                                        () -> {
                                            selected.other();
                                            lacksPort(
                                                    name,
                                                    uid,
                                                    port,
                                                    "a container's or the Service's");
                                        });
            }
        }

        /// One without a sidecar stands in the catalog only where its Service asks for it.
        private void plain(String name, String uid, List<Place> places) {
            var marks = new Marks(texts(service.getMetadata().getAnnotations()));
            if (!marks.isTrue(SYNC)) {
                return;
            }
            var called =
                    marks.text("service-name").isEmpty() ? key.name() : marks.text("service-name");
            var port = marks.text("service-port");
            port(port, places.getFirst(), Map.of())
                    .ifPresentOrElse(
                            number ->
                                    add(name, uid, called, number, places, Optional.empty(), marks),
                            () -> lacksPort(name, uid, port, "the Service's"));
        }

        private void lacksPort(String pod, String uid, String port, String whose) {
            problems.add(PodProblem.noPort(key.namespace(), pod, uid, port, whose));
        }

        private void add(
                String pod,
                String uid,
                String called,
                int port,
                List<Place> places,
                Optional<InjectedPod> injected,
                Marks marks) {
            var first = places.getFirst();
            var readiness =
                    places.stream()
                            .map(place -> Readiness.of(place.endpoint().getConditions(), injected))
                            .reduce(Readiness.READY, Readiness::worse);
            injected.ifPresent(_ ->
                    selected.carried(called, port, first.ports(), readiness == Readiness.READY));
            var others = new TreeMap<String, String>();
            places.stream()
                    .filter(place -> !place.family().equals(first.family()))
                    .forEach(place ->
                            others.putIfAbsent(
                                    "lan_" + place.family().toLowerCase(Locale.ROOT),
                                    place.address()));
            var meta = new TreeMap<>(marks.meta());
            named(first)
                    .forEach((name, number) -> meta.put("port-" + name, String.valueOf(number)));
            injected.ifPresent(_ -> meta.put("sidecar-port", SIDECAR_PORT));
            meta.put("pod-name", pod);
            meta.put("pod-uid", uid);
            meta.putAll(mark(key, cluster));
            var nodeMeta = new HashMap<>(cluster);
            nodeMeta.put(CatalogApi.SYNTHETIC, "true");
            var registration =
                    new Registration(
                            node(machine(first, injected)),
                            nodeMeta,
                            id(key.namespace(), pod, called),
                            called,
                            first.address(),
                            port,
                            others,
                            marks.list("service-tags"),
                            meta,
                            readiness.status(),
                            readiness.words());
            registrations.put(registration.key(), registration);
        }

        private static String machine(Place place, Optional<InjectedPod> pod) {
            return Objects.requireNonNullElseGet(
                    place.endpoint().getNodeName(), () -> pod.map(InjectedPod::node).orElse(""));
        }

        private static Map<String, Integer> named(Place place) {
            var named = new TreeMap<String, Integer>();
            place.ports().stream()
                    .filter(port -> port.getPort() != null)
                    .filter(port -> port.getName() != null && !port.getName().isEmpty())
                    .forEach(port -> named.put(port.getName(), port.getPort()));
            return named;
        }

        /// @param asked a number or a name; empty: the first of the Service's ports
        /// @return 0 for a Service without ports, as a headless one may be
        private Optional<Integer> port(String asked, Place place, Map<String, Integer> containers) {
            if (asked.isEmpty()) {
                return Optional.of(first(place));
            }
            if (asked.chars().allMatch(c -> c >= '0' && c <= '9')) {
                return asked.length() < 6
                                && Integer.parseInt(asked) > 0
                                && Integer.parseInt(asked) < 65_536
                        ? Optional.of(Integer.parseInt(asked))
                        : Optional.empty();
            }
            return Optional.ofNullable(containers.get(asked))
                    .or(() -> Optional.ofNullable(named(place).get(asked)));
        }

        private int first(Place place) {
            var ports =
                    service.getSpec() == null
                            ? List.<ServicePort>of()
                            : Objects.requireNonNullElse(
                                    service.getSpec().getPorts(), List.<ServicePort>of());
            var name =
                    ports.isEmpty()
                            ? ""
                            : Objects.requireNonNullElse(ports.getFirst().getName(), "");
            return place.ports().stream()
                    .filter(port -> port.getPort() != null)
                    .filter(port -> Objects.requireNonNullElse(port.getName(), "").equals(name))
                    .map(EndpointPort::getPort)
                    .findFirst()
                    .or(() ->
                            place.ports().stream()
                                    .map(EndpointPort::getPort)
                                    .filter(Objects::nonNull)
                                    .findFirst())
                    .orElse(0);
        }
    }
}
