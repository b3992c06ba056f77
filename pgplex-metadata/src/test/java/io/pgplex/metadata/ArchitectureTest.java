package io.pgplex.metadata;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The order of this module's packages. */
@AnalyzeClasses(packages = "io.pgplex.metadata", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule onlyTheEtcdStoreSeesJetcd = noClasses()
            .that()
            .resideOutsideOfPackage("..store.etcd..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.etcd..", "io.grpc..", "io.netty..", "io.vertx..", "com.google.protobuf..");

    @ArchTest
    static final ArchRule onlyTheCacheAndPatroniSeeGson = noClasses()
            .that()
            .resideOutsideOfPackages("..cache..", "..patroni..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.google.gson..");

    @ArchTest
    static final ArchRule theModelStandsAlone = noClasses()
            .that()
            .resideInAPackage("..metadata.model..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..metadata.hash..", "..metadata.store..", "..metadata.cache..");

    @ArchTest
    static final ArchRule hashingNeedsOnlyTheModel = noClasses()
            .that()
            .resideInAPackage("..metadata.hash..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..metadata.store..", "..metadata.cache..");

    @ArchTest
    static final ArchRule theStoreKnowsNothingOfClusters = noClasses()
            .that()
            .resideInAPackage("..metadata.store..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..metadata.model..", "..metadata.hash..", "..metadata.cache..");

    @ArchTest
    static final ArchRule patroniNeedsOnlyModelAndPairs = noClasses()
            .that()
            .resideInAPackage("..metadata.patroni..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "..metadata.hash..", "..metadata.cache..", "..metadata.store.memory..", "..metadata.store.etcd..");

    @ArchTest
    static final ArchRule theCacheKnowsThePortOnly = noClasses()
            .that()
            .resideInAPackage("..metadata.cache..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..metadata.store.memory..", "..metadata.store.etcd..");

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("io.pgplex.metadata.(**)").should().beFreeOfCycles();
}
