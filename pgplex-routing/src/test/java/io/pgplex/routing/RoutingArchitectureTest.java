package io.pgplex.routing;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Routing is a pure function: no database, network, files, clock or threads. */
class RoutingArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.pgplex.routing");

    @Test
    void isPure() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.sql..", "javax.sql..", "java.net..", "java.nio.file..", "java.util.concurrent..")
                .check(CLASSES);
        noClasses()
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Thread.class, java.time.Clock.class)
                .check(CLASSES);
        noClasses().should().callMethod(System.class, "currentTimeMillis").check(CLASSES);
        noClasses().should().callMethod(System.class, "nanoTime").check(CLASSES);
    }

    @Test
    void keepsJSqlParserInside() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.pgplex.routing.parse..", "io.pgplex.routing.analyze..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("net.sf.jsqlparser..")
                .check(CLASSES);
    }

    @Test
    void theScannerKnowsNothingOfPlans() {
        noClasses()
                .that()
                .resideInAPackage("io.pgplex.routing.scan..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.pgplex.routing.plan..", "io.pgplex.routing.analyze..", "io.pgplex.routing.bind..")
                .check(CLASSES);
    }
}
