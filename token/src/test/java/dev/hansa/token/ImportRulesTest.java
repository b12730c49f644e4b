package dev.hansa.token;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ImportRulesTest {
    @Test
    void moduleNamesOnlyNimbusBesideTrust() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "org.jspecify..",
                        "com.nimbusds..",
                        "dev.hansa.bootstrap..",
                        "dev.hansa.trustbundle..",
                        "dev.hansa.token..")
                .because(
                        "a token is read before anything is believed, so nothing that could fetch or store may be at hand;"
                                + " Nimbus is named here so that JOSE has one place to be reviewed")
                .check(
                        new ClassFileImporter()
                                .withImportOption(new ImportOption.DoNotIncludeTests())
                                .withImportOption(new ImportOption.DoNotIncludeJars())
                                .importPackages("dev.hansa.token"));
    }
}
