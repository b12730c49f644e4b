package dev.hansa.trustbundle;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ImportRulesTest {
    private static final JavaClasses MODULE =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .withImportOption(new ImportOption.DoNotIncludeJars())
                    .importPackages("dev.hansa.trustbundle");

    @Test
    void moduleNamesOnlyItsOwnLibraries() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "javax.security..",
                        "org.jspecify..",
                        "org.bouncycastle..",
                        "dev.hansa.bootstrap..",
                        "dev.hansa.trustbundle..")
                .because(
                        "who is who must be decidable without network, storage or proxy: every other module stands on it")
                .check(MODULE);
    }

    @Test
    void onlyTheAuthorityNamesBouncyCastle() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.hansa.trustbundle.ca..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.bouncycastle..")
                .because(
                        "the JDK checks certificates; BouncyCastle is here only to make them, and a second parser on the"
                                + " checking path would be a second opinion on who somebody is")
                .check(MODULE);
    }

    @Test
    void noProviderIsRegistered() {
        noClasses()
                .should()
                .callMethod(
                        java.security.Security.class, "addProvider", java.security.Provider.class)
                .because("a registered provider changes which code checks signatures everywhere")
                .check(MODULE);
    }
}
