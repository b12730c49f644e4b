package dev.hansa.bootstrap;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ImportRulesTest {
    @Test
    void moduleNamesNothingButTheJdk() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "javax.crypto..",
                        "com.sun.net.httpserver..",
                        "org.jspecify..",
                        "dev.hansa.bootstrap..")
                .because(
                        "every process starts and stops by it, so it must stay small and free of anybody's release cycle")
                .check(
                        new ClassFileImporter()
                                .withImportOption(new ImportOption.DoNotIncludeTests())
                                .withImportOption(new ImportOption.DoNotIncludeJars())
                                .importPackages("dev.hansa.bootstrap"));
    }
}
