package dev.hansa.gateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.netty.handler.ssl.OpenSsl;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/// Which library does which work here, and which may not.
@AnalyzeClasses(
        packages = "dev.hansa.gateway",
        importOptions = ImportOption.DoNotIncludeTests.class)
class ModuleTest {
    @ArchTest
    static final ArchRule DECISIONS_KNOW_NO_BYTES =
            noClasses()
                    .that()
                    .resideInAPackage("dev.hansa.gateway.route")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("io.netty..", "io.grpc..")
                    .because(
                            "a decision is a function of name and table, to be tested without a socket");

    @ArchTest
    static final ArchRule BYTES_ARE_NETTYS =
            classes()
                    .that()
                    .haveSimpleName("Transport")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("io.netty.channel..")
                    .because("the data plane is Netty's event loops");

    @ArchTest
    static final ArchRule NO_CONTROL_PLANE_INSIDE =
            noClasses()
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            "dev.hansa.peering..",
                            "io.vertx..",
                            "com.hazelcast..",
                            "com.nimbusds..",
                            "org.bouncycastle..")
                    .because(
                            "a proxy routes by snapshots and knows its control plane by its messages alone;"
                                    + " certificates are trust-bundle's work, tokens token's");

    @ArchTest
    static final ArchRule ONE_PLACE_LOGS =
            noClasses()
                    .that()
                    .resideOutsideOfPackage("dev.hansa.gateway.telemetry")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("org.slf4j..")
                    .because(
                            "what happens is told as a GatewayEvent; one class decides what is logged");

    @ArchTest
    static final ArchRule ONE_PLACE_CALLS_THE_C_LIBRARY =
            noClasses()
                    .that()
                    .doNotHaveSimpleName("Libc")
                    .and()
                    .haveNameNotMatching(".*\\.Libc\\$.*")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("java.lang.foreign..")
                    .because(
                            "a wrong layout ends the process; what is there to check fits one file");

    @Test
    void tlsIsBoringSslWhereItsLibraryIs() {
        // on the platforms that CI runs on the library is among the dependencies
        Assertions.assertThat(OpenSsl.isAvailable())
                .as(() -> String.valueOf(OpenSsl.unavailabilityCause()))
                .isTrue();
        Assertions.assertThat(OpenSsl.versionString()).isEqualTo("BoringSSL");
    }
}
