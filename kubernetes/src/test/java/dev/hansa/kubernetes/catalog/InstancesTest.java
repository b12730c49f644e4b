package dev.hansa.kubernetes.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.kubernetes.api.Registration;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstancesTest {
    private static final KubeService CART = new KubeService("shop", "cart");
    private static final Map<String, String> MARK = Map.of("k8s-cluster", "prod/uid");

    private final World world = new World();

    /// What a watch would have seen.
    private static final class World implements Seen {
        final Map<String, Service> services = new HashMap<>();
        final Map<String, List<EndpointSlice>> slices = new HashMap<>();
        final Map<String, InjectedPod> pods = new HashMap<>();

        @Override
        public Optional<Service> service(KubeService service) {
            return Optional.ofNullable(services.get(service.name()));
        }

        @Override
        public List<EndpointSlice> slices(KubeService service) {
            return slices.getOrDefault(service.name(), List.of());
        }

        @Override
        public List<String> servicesOf(String namespace, String pod) {
            return slices.entrySet().stream()
                    .filter(one ->
                            one.getValue().stream()
                                    .flatMap(slice -> slice.getEndpoints().stream())
                                    .anyMatch(at -> at.getTargetRef().getName().equals(pod)))
                    .map(Map.Entry::getKey)
                    .sorted()
                    .toList();
        }

        @Override
        public Optional<InjectedPod> injected(String namespace, String pod) {
            return Optional.ofNullable(pods.get(pod));
        }
    }

    private void service(String name, Map<String, String> annotations) {
        world.services.put(
                name,
                new ServiceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace("shop")
                        .withAnnotations(annotations)
                        .endMetadata()
                        .withNewSpec()
                        .withIpFamilies("IPv6", "IPv4")
                        .addNewPort()
                        .withName("grpc")
                        .withPort(80)
                        .withTargetPort(new IntOrString("grpc"))
                        .endPort()
                        .endSpec()
                        .build());
    }

    private void slice(
            String service,
            String family,
            String address,
            @Nullable Boolean ready,
            @Nullable Boolean serving,
            @Nullable Boolean terminating) {
        world.slices
                .computeIfAbsent(service, _ -> new ArrayList<>())
                .add(
                        new EndpointSliceBuilder()
                                .withAddressType(family)
                                .withEndpoints(
                                        new EndpointBuilder()
                                                .withAddresses(address)
                                                .withNodeName("n1")
                                                .withNewConditions()
                                                .withReady(ready)
                                                .withServing(serving)
                                                .withTerminating(terminating)
                                                .endConditions()
                                                .withNewTargetRef()
                                                .withKind("Pod")
                                                .withName("cart-1")
                                                .endTargetRef()
                                                .build())
                                .addNewPort()
                                .withName("metrics")
                                .withPort(9090)
                                .endPort()
                                .addNewPort()
                                .withName("grpc")
                                .withPort(7070)
                                .endPort()
                                .build());
    }

    private void pod(@Nullable String ready, Map<String, String> annotations) {
        pod(ready, "cart", annotations);
    }

    private void pod(@Nullable String ready, String account, Map<String, String> annotations) {
        var pod =
                new PodBuilder()
                        .withNewMetadata()
                        .withName("cart-1")
                        .withNamespace("shop")
                        .withAnnotations(annotations)
                        .endMetadata()
                        .withNewSpec()
                        .withServiceAccountName(account)
                        .addNewContainer()
                        .addNewPort()
                        .withName("named")
                        .withContainerPort(6000)
                        .endPort()
                        .endContainer()
                        .endSpec()
                        .withNewStatus()
                        .endStatus()
                        .build();
        if (ready != null) {
            pod =
                    new PodBuilder(pod)
                            .editStatus()
                            .addNewCondition()
                            .withType("Ready")
                            .withStatus(ready)
                            .endCondition()
                            .endStatus()
                            .build();
        }
        world.pods.put("cart-1", InjectedPod.of(pod));
    }

    private Instances read(String service) {
        return Instances.of(new KubeService("shop", service), world, MARK);
    }

    private Registration only(String service) {
        var all = read(service).registrations().values();
        assertThat(all).hasSize(1);
        return all.iterator().next();
    }

    /// A lost machine's pod is Ready=Unknown, whatever its slice still says.
    @ParameterizedTest
    @CsvSource({
        "true, true, false, True, passing",
        ", , , True, passing",
        "true, , , True, passing",
        "true, false, false, True, critical",
        "true, true, false, False, critical",
        "true, true, false, Unknown, critical",
        "true, true, false, , critical",
        "false, false, false, True, critical",
        "false, true, true, True, maintenance",
        "false, false, true, True, critical",
        "false, true, true, Unknown, critical",
    })
    void conditionsAreTheHealth(
            @Nullable Boolean ready,
            @Nullable Boolean serving,
            @Nullable Boolean terminating,
            @Nullable String pod,
            String status) {
        service("cart", Map.of());
        slice("cart", "IPv4", "192.0.2.1", ready, serving, terminating);
        pod(pod, Map.of());

        assertThat(only("cart").status()).isEqualTo(status);
    }

    @Test
    void podOfTwoFamiliesIsOneInstanceWithBothAddresses() {
        service("cart", Map.of());
        slice("cart", "IPv4", "192.0.2.1", true, true, false);
        slice("cart", "IPv6", "2001:db8::1", true, true, false);
        pod("True", Map.of());

        assertThat(only("cart").address()).isEqualTo("2001:db8::1");
        assertThat(only("cart").otherAddresses()).isEqualTo(Map.of("lan_ipv4", "192.0.2.1"));
        assertThat(only("cart").key()).isEqualTo("k8s-n1/shop.cart-1-cart");
    }

    @Test
    void podThatStandsInTwoSlicesForAMomentIsAsWellAsTheWorse() {
        service("cart", Map.of());
        slice("cart", "IPv4", "192.0.2.1", true, true, false);
        slice("cart", "IPv4", "192.0.2.1", false, false, false);
        pod("True", Map.of());

        assertThat(only("cart").status()).isEqualTo("critical");
    }

    @ParameterizedTest
    @CsvSource({
        ", 7070",
        "6001, 6001",
        "named, 6000",
        "metrics, 9090",
        "0, ",
        "65536, ",
        "123456789, ",
        "nowhere, ",
    })
    void portIsTheServicesFirstOrTheOneThatIsAskedFor(
            @Nullable String asked, @Nullable Integer port) {
        service("cart", Map.of());
        slice("cart", "IPv4", "192.0.2.1", true, true, false);
        pod("True", asked == null ? Map.of() : Map.of("hansa.dev/connect-service-port", asked));

        if (port == null) {
            assertThat(read("cart").registrations()).isEmpty();
            assertThat(read("cart").problems())
                    .extracting(PodProblem::reason)
                    .containsExactly("NoPort");
        } else {
            assertThat(only("cart").port()).isEqualTo(port);
            assertThat(only("cart").meta())
                    .containsEntry("port-grpc", "7070")
                    .containsEntry("port-metrics", "9090");
        }
    }

    @Test
    void podWithSeveralNamesIsAnInstanceOfTheOneThatItsAccountHas() {
        service("cart", Map.of());
        service("admin", Map.of());
        slice("cart", "IPv4", "192.0.2.1", true, true, false);
        slice("admin", "IPv4", "192.0.2.1", true, true, false);
        pod(
                "True",
                Map.of(
                        "consul.hashicorp.com/connect-service", "cart, admin",
                        "consul.hashicorp.com/connect-service-port", "named, 6001"));

        assertThat(only("cart").port()).isEqualTo(6000);
        assertThat(read("admin").registrations()).isEmpty();
        assertThat(read("admin").problems())
                .extracting(PodProblem::reason)
                .containsExactly("OtherService");
    }

    /// Whoever may make pods in a namespace may label and annotate them.
    @Test
    void podIsNoInstanceOfAServiceThatItsAccountIsNot() {
        service("mine", Map.of());
        slice("mine", "IPv4", "192.0.2.1", true, true, false);
        pod("True", "mine", Map.of("hansa.dev/connect-service", "pay"));

        assertThat(read("mine").registrations()).isEmpty();
        assertThat(read("mine").problems())
                .extracting(PodProblem::words)
                .containsExactly(
                        "pod 'cart-1': expected its service to be named as its ServiceAccount, 'mine', by which it proves who it is; found 'pay'");
    }

    /// On one machine, as StatefulSets of one name are; namespace and pod are told apart.
    @Test
    void podsOfOneNameInTwoNamespacesAreTwoInstances() {
        service("cart", Map.of());
        slice("cart", "IPv4", "192.0.2.1", true, true, false);
        pod("True", Map.of());

        assertThat(only("cart").id()).isEqualTo("shop.cart-1-cart");
        assertThat(Instances.of(new KubeService("shop-2", "cart"), world, MARK).registrations())
                .containsOnlyKeys("k8s-n1/shop-2.cart-1-cart");
    }

    /// As a StatefulSet has as a rule: one of them headless.
    @Test
    void ofTwoServicesTheOneCountsThatIsNamedAsTheServiceAccount() {
        service("cart", Map.of());
        service("cart-headless", Map.of());
        slice("cart", "IPv4", "192.0.2.1", true, true, false);
        slice("cart-headless", "IPv4", "192.0.2.1", true, true, false);
        pod("True", Map.of());

        assertThat(read("cart-headless").registrations()).isEmpty();
        assertThat(read("cart-headless").problems()).isEmpty();
        assertThat(only("cart").service()).isEqualTo("cart");
    }

    @Test
    void instanceThatIsThereStaysWhenASecondServiceSelectsItsPod() {
        service("one", Map.of());
        service("two", Map.of());
        slice("one", "IPv4", "192.0.2.1", true, true, false);
        slice("two", "IPv4", "192.0.2.1", true, true, false);
        pod("True", Map.of());

        assertThat(read("one").registrations()).isEmpty();
        assertThat(read("one").held()).containsExactly("k8s-n1/shop.cart-1-one");
        assertThat(read("one").problems())
                .extracting(PodProblem::reason)
                .containsExactly("SeveralServices");
    }

    @Test
    void ourPrefixWinsAndNobodyWritesTheMarkHimself() {
        service("cart", Map.of());
        slice("cart", "IPv4", "192.0.2.1", true, true, false);
        pod(
                "True",
                "ours",
                Map.of(
                        "hansa.dev/connect-service", "ours",
                        "consul.hashicorp.com/connect-service", "theirs",
                        "hansa.dev/service-meta-team", "net",
                        "hansa.dev/service-meta-k8s-cluster", "another",
                        "consul.hashicorp.com/service-tags", "a,b"));

        assertThat(only("cart").service()).isEqualTo("ours");
        assertThat(only("cart").tags()).containsExactly("a", "b");
        assertThat(only("cart").meta())
                .containsEntry("team", "net")
                .containsEntry("k8s-cluster", "prod/uid")
                .containsEntry("k8s-service-name", "cart");
    }

    @Test
    void digestIsAnotherForEachChangeAndTheSameForNone() {
        service("cart", Map.of());
        slice("cart", "IPv4", "192.0.2.1", true, true, false);
        pod("True", Map.of());
        var before = only("cart").digest();
        assertThat(only("cart").digest()).isEqualTo(before);

        pod("True", Map.of("hansa.dev/service-meta-a", "b"));
        assertThat(only("cart").digest()).isNotEqualTo(before);
        pod("False", Map.of());
        assertThat(only("cart").digest()).isNotEqualTo(before);
    }

    @Test
    void serviceThatIsToBePassedOverHasNoInstance() {
        service("cart", Map.of());
        world.service(CART)
                .orElseThrow()
                .getMetadata()
                .setLabels(Map.of("consul.hashicorp.com/service-ignore", "true"));
        slice("cart", "IPv4", "192.0.2.1", true, true, false);
        pod("True", Map.of());

        assertThat(Instances.of(CART, world, MARK)).isEqualTo(Instances.NONE);
    }

    private void shownAt(String... addresses) {
        var service = Objects.requireNonNull(world.services.get("cart"));
        world.services.put(
                "cart",
                new ServiceBuilder(service)
                        .editSpec()
                        .withClusterIPs(addresses)
                        .addNewPort()
                        .withName("metrics")
                        .withPort(9090)
                        .endPort()
                        .addNewPort()
                        .withName("grpc")
                        .withProtocol("UDP")
                        .withPort(81)
                        .endPort()
                        .endSpec()
                        .build());
    }

    @Test
    void addressesStandForThePodsServiceAtThePortThatLeadsToItsOwn() {
        service("cart", Map.of());
        shownAt("10.96.0.10", "fd00::a", "None", "");
        slice("cart", "IPv4", "192.0.2.1", true, true, false);
        pod("False", Map.of());

        assertThat(read("cart").shown())
                .isEqualTo(
                        new Shown.By(
                                "cart",
                                List.of("10.96.0.10", "fd00::a"),
                                new TreeSet<>(Set.of(80))));
        // another port of the pod is in the mesh
        pod("True", Map.of("hansa.dev/connect-service-port", "9090"));
        assertThat(read("cart").shown())
                .isEqualTo(
                        new Shown.By(
                                "cart",
                                List.of("10.96.0.10", "fd00::a"),
                                new TreeSet<>(Set.of(9090))));
        // one that the Service does not have
        pod("True", Map.of("hansa.dev/connect-service-port", "7071"));
        assertThat(read("cart").shown()).isEqualTo(new Shown.Nothing());
    }

    @Test
    void serviceWithoutAnAddressOfItsOwnStandsForNothing() {
        service("cart", Map.of());
        slice("cart", "IPv4", "192.0.2.1", true, true, false);
        pod("True", Map.of());
        for (var addresses : List.of(new String[0], new String[] {"None"})) {
            shownAt(addresses);
            assertThat(read("cart").shown()).isEqualTo(new Shown.Nothing());
        }
        shownAt("10.96.0.10");
        pod("True", "other", Map.of());
        assertThat(read("cart").shown()).isEqualTo(new Shown.Nothing());
    }

    @Test
    void serviceWithoutPodsStandsForWhatItStoodForAndOneOutsideTheMeshForNothing() {
        service("cart", Map.of());
        shownAt("10.96.0.10");
        var before = new Shown.AsBefore(List.of("10.96.0.10"), new TreeSet<>(Set.of(80, 9090)));
        assertThat(read("cart").shown()).isEqualTo(before);
        // it may be one whose sidecar is not known yet
        slice("cart", "IPv4", "192.0.2.1", false, false, false);
        assertThat(read("cart").shown()).isEqualTo(before);
        slice("cart", "IPv4", "192.0.2.1", true, true, false);
        assertThat(read("cart").shown()).isEqualTo(new Shown.Nothing());
    }
}
