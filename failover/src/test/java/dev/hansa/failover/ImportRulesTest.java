package dev.hansa.failover;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ImportRulesTest {
    @Test
    void moduleNamesOnlyProtobufAndGrpcStubs() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "org.jspecify..",
                        "com.google.protobuf..",
                        "io.grpc..",
                        "dev.hansa.bootstrap..",
                        "dev.hansa.trustbundle..",
                        "dev.hansa.exportedservices..",
                        "dev.hansa.failover..")
                .because(
                        "routes are made by pure functions that server and proxies share; neither Vert.x nor Netty may leak across")
                .check(
                        new ClassFileImporter()
                                .withImportOption(new ImportOption.DoNotIncludeTests())
                                .withImportOption(new ImportOption.DoNotIncludeJars())
                                .importPackages("dev.hansa.failover"));
    }
}
