package dev.hansa.kubernetes;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// Which library does which work here, and which may not.
@AnalyzeClasses(
        packages = "dev.hansa.kubernetes",
        importOptions = ImportOption.DoNotIncludeTests.class)
class ModuleTest {
    @ArchTest
    static final ArchRule NO_SERVER_AND_NO_PROXY_INSIDE =
            noClasses()
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            "dev.hansa.peering..",
                            "dev.hansa.gateway..",
                            "io.vertx..",
                            "io.netty..",
                            "io.grpc..")
                    .because(
                            "an operator is a client of two APIs, and what an entry means the server says");

    @ArchTest
    static final ArchRule ONE_PLACE_SETS_THE_LIMITS_OF_THE_OTHER_JACKSON =
            noClasses()
                    .that()
                    .doNotHaveSimpleName("KubernetesJson")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("tools.jackson..")
                    .because("it is the Kubernetes client's; everything else here has Jackson 2");

    @ArchTest
    static final ArchRule ONE_PLACE_LOGS =
            noClasses()
                    .that()
                    .resideOutsideOfPackage("dev.hansa.kubernetes.telemetry")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("org.slf4j..")
                    .because(
                            "what happens is told as an OperatorEvent; one class decides what is logged");

    @ArchTest
    static final ArchRule THE_SERVERS_API_KNOWS_NO_KUBERNETES =
            noClasses()
                    .that()
                    .resideInAPackage("dev.hansa.kubernetes.api")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("io.fabric8..")
                    .because("it is a client of a server like any other");
}
