package dev.hansa.peering;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

@AnalyzeClasses(
        packages = "dev.hansa.peering",
        importOptions = ImportOption.DoNotIncludeTests.class)
class ImportRulesTest {
    @ArchTest
    static final ArchRule noSecondClusteringSystem =
            noClasses()
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("com.hazelcast..")
                    .because(
                            "the log's members tell each other what is live (ADR 0015): one port, one TLS, one truth");

    @ArchTest
    static final ArchRule sqlIsKnownOnlyToTheStore =
            noClasses()
                    .that()
                    .resideOutsideOfPackage("dev.hansa.peering.store..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            "java.sql..", "javax.sql..", "org.flywaydb..", "org.sqlite..")
                    .because(
                            "a change is a StoreCommand; whoever writes beside it breaks the order");

    @ArchTest
    static final ArchRule dnsIsSpokenInOnePackage =
            noClasses()
                    .that()
                    .resideOutsideOfPackage("dev.hansa.peering.dns..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("org.xbill.DNS..")
                    .because("names and records are a wire format: others see a catalog");

    @ArchTest
    static final ArchRule tokensAreReadByTheTokenModule =
            noClasses()
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("com.nimbusds..")
                    .because("a second reader of tokens would be a second set of rules");

    @ArchTest
    static final ArchRule certificatesAreMadeByTheTrustModule =
            noClasses()
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("org.bouncycastle..")
                    .because("the JDK suffices, and one place makes certificates: trust-bundle");

    @ArchTest
    static final ArchRule whatTakesTheLogIsKnownToTelemetryAlone =
            noClasses()
                    .that()
                    .resideOutsideOfPackage("dev.hansa.peering.telemetry..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("ch.qos.logback..")
                    .because("one place decides what is logged, and who hears it");

    @ArchTest
    static final ArchRule entriesKnowNothingOfHttp =
            noClasses()
                    .that()
                    .resideInAPackage("dev.hansa.peering.configentry..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("io.vertx..", "dev.hansa.peering.api..")
                    .because("entries come from files and controllers too");

    @ArchTest
    static final ArchRule endOfAResponseIsTheListenersAlone =
            noClasses()
                    .should()
                    .callMethod(RoutingContext.class, "addEndHandler", Handler.class)
                    .orShould()
                    .callMethod(RoutingContext.class, "addEndHandler")
                    .because(
                            "it takes the response's one handler from whoever counts connections that are not used");
}
