package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CustomTest {
    private static Custom custom(ApiGroup group, String spec, String... finalizers)
            throws Exception {
        var resource = new GenericKubernetesResource();
        resource.setMetadata(
                new ObjectMetaBuilder()
                        .withName("one")
                        .withNamespace("shop")
                        .withFinalizers(List.of(finalizers))
                        .build());
        resource.setAdditionalProperty(
                "spec", new ObjectMapper().readValue(spec.replace('\'', '"'), Map.class));
        return Custom.of(group, ResourceKind.PEERING_DIALER, resource).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "HANSA, false, 'finalizers.consul.hashicorp.com,other.example/x'",
        "CONSUL, true, other.example/x",
    })
    void finalizerOfConsulGoesWithOursInItsGroupAlone(ApiGroup group, boolean goes, String left)
            throws Exception {
        var consuls = "finalizers.consul.hashicorp.com";

        assertThat(custom(group, "{}", consuls).isToBeLetGo()).isEqualTo(goes);
        assertThat(
                        custom(group, "{}", consuls, Custom.FINALIZER, "other.example/x")
                                .letGo()
                                .resource()
                                .getMetadata()
                                .getFinalizers())
                .isEqualTo(List.of(left.split(",")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'requireSigned': true, 'peer': {'secret': {'name': 't', 'key': 'k'}}} | spec: expected no other field; found 'requireSigned'",
                "{'peer': {'requireSignd': true, 'secret': {'name': 't', 'key': 'k'}}} | peer: expected no other field; found 'requireSignd'",
                "{'peer': {'secret': {'name': 'My_Token', 'key': 'k'}}} | peer.secret.name: expected the name of a Secret: lower-case letters, digits, '-' and '.'; found 'My_Token'",
                "{'peer': {'secret': {'name': 't', 'key': 'k', 'namespace': 'x'}}} | peer.secret: expected no other field; found 'namespace'",
            })
    void fieldThatWouldBeForgottenIsNamedAtEachLevel(String spec, String expected)
            throws Exception {
        assertThat(
                        PeeringWork.unknown(
                                custom(ApiGroup.HANSA, spec.replace("\"", "'")),
                                Set.of("secret", "requireSigned")))
                .contains(expected);
    }

    @Test
    void fieldsThatAreKnownAreTaken() throws Exception {
        assertThat(
                        PeeringWork.unknown(
                                custom(
                                        ApiGroup.HANSA,
                                        "{'peer': {'requireSigned': true, 'secret': {'name': 't', 'key': 'k', 'backend': 'kubernetes'}}}"),
                                Set.of("secret", "requireSigned")))
                .isEmpty();
    }
}
