package dev.hansa.peering.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.wire.Address;
import dev.hansa.failover.wire.Registration;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProxyInstancesTest {
    private static final TrustDomain OURS = new TrustDomain("eks.consul");
    private static final Datacenter EKS = new Datacenter("eks");

    /// Of `neighbour`, at whatever machine it says.
    static List<ServiceInstance> sidecar(String node, String cluster) {
        var identity =
                new ProxyIdentity.Sidecar(
                        SpiffeId.service(OURS, EKS, "neighbour"), new ServiceName("neighbour"));
        return ProxyInstances.of(
                identity,
                registration(node, cluster).setService("neighbour").build(),
                List.of(),
                EKS);
    }

    private static Registration.Builder registration(String node, String cluster) {
        return Registration.newBuilder()
                .setProxyId("neighbour-1")
                .setNodeName(node)
                .setNodeAddress("192.0.2.66")
                .setLan(Address.newBuilder().setHost("192.0.2.66").setPort(20000))
                .putMeta("k8s-cluster", cluster)
                .putMeta("version", "2");
    }

    @Test
    void whichClusterAMachineIsOfIsNotAProxysToSay() {
        var gateway =
                ProxyInstances.of(
                        new ProxyIdentity.Gateway(SpiffeId.meshGateway(OURS, EKS)),
                        registration("k8s-n1", "lke/2").build(),
                        List.of(),
                        EKS);

        assertThat(sidecar("k8s-n1", "lke/2")).hasSize(2);
        assertThat(List.of(sidecar("k8s-n1", "lke/2"), gateway))
                .allSatisfy(all ->
                        assertThat(all)
                                .allSatisfy(one -> {
                                    assertThat(one.meta()).containsOnlyKeys("version");
                                    assertThat(one.node().meta()).isEmpty();
                                }));
    }
}
