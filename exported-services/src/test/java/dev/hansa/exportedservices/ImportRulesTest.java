package dev.hansa.exportedservices;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ImportRulesTest {
    @Test
    void moduleNamesOnlyProtobufAndRe2j() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "org.jspecify..",
                        "com.google.protobuf..",
                        "com.google.re2j..",
                        "dev.hansa.bootstrap..",
                        "dev.hansa.trustbundle..",
                        "dev.hansa.exportedservices..")
                .because(
                        "what is offered to whom is decided by pure functions; no network, no disk, no framework may be at hand")
                .check(
                        new ClassFileImporter()
                                .withImportOption(new ImportOption.DoNotIncludeTests())
                                .withImportOption(new ImportOption.DoNotIncludeJars())
                                .importPackages("dev.hansa.exportedservices"));
    }
}
