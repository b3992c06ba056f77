package io.pgplex.jdbc;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** A module may use those before it, and a step of the driver the steps before it. */
@AnalyzeClasses(packages = "io.pgplex", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule modulesPointOneWay = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("metadata")
            .definedBy("io.pgplex.metadata..")
            .layer("routing")
            .definedBy("io.pgplex.routing..")
            .layer("jdbc")
            .definedBy("io.pgplex.jdbc..")
            .whereLayer("jdbc")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("routing")
            .mayOnlyBeAccessedByLayers("jdbc")
            .whereLayer("metadata")
            .mayOnlyBeAccessedByLayers("routing", "jdbc");

    @ArchTest
    static final ArchRule noPackageCycles =
            slices().matching("io.pgplex.jdbc.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule stepsUseEarlierStepsOnly = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("error")
            .definedBy("io.pgplex.jdbc.error..")
            .layer("pool")
            .definedBy("io.pgplex.jdbc.pool..", "io.pgplex.jdbc.session..", "io.pgplex.jdbc.fanout..")
            .layer("topology")
            .definedBy("io.pgplex.jdbc.topology..")
            .layer("transaction")
            .definedBy("io.pgplex.jdbc.transaction..")
            .layer("arbiter")
            .definedBy("io.pgplex.jdbc.arbiter..")
            .layer("failover")
            .definedBy("io.pgplex.jdbc.failover..")
            .layer("cluster")
            .definedBy(
                    "io.pgplex.jdbc.cluster..",
                    "io.pgplex.jdbc.sql..",
                    "io.pgplex.jdbc.statistics..",
                    "io.pgplex.jdbc.deadlock..")
            .layer("merge")
            .definedBy("io.pgplex.jdbc.merge..", "io.pgplex.jdbc.delegate..")
            .layer("intermediate")
            .definedBy("io.pgplex.jdbc.intermediate..")
            .layer("execute")
            .definedBy("io.pgplex.jdbc.execute..")
            .layer("admin")
            .definedBy("io.pgplex.jdbc.admin..")
            .layer("connection")
            .definedBy("io.pgplex.jdbc.connection..")
            .layer("driver")
            .definedBy("io.pgplex.jdbc")
            .whereLayer("driver")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("connection")
            .mayOnlyBeAccessedByLayers("driver")
            .whereLayer("execute")
            .mayOnlyBeAccessedByLayers("admin", "connection", "driver")
            .whereLayer("admin")
            .mayOnlyBeAccessedByLayers("driver")
            .whereLayer("intermediate")
            .mayOnlyBeAccessedByLayers("execute")
            .whereLayer("merge")
            .mayOnlyBeAccessedByLayers("intermediate", "execute", "admin", "connection", "driver")
            .whereLayer("cluster")
            .mayOnlyBeAccessedByLayers("failover", "execute", "admin", "driver")
            .whereLayer("topology")
            .mayOnlyBeAccessedByLayers("transaction", "arbiter", "failover", "cluster", "execute", "admin", "driver")
            .whereLayer("transaction")
            .mayOnlyBeAccessedByLayers("arbiter", "failover", "cluster", "execute", "driver")
            .whereLayer("arbiter")
            .mayOnlyBeAccessedByLayers("failover", "driver")
            .whereLayer("failover")
            .mayOnlyBeAccessedByLayers("execute", "admin", "driver");

    @ArchTest
    static final ArchRule jsqlparserStaysInRouting = noClasses()
            .that()
            .resideOutsideOfPackage("io.pgplex.routing..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("net.sf.jsqlparser..");

    @ArchTest
    static final ArchRule jetcdStaysInTheEtcdStore = noClasses()
            .that()
            .resideOutsideOfPackage("io.pgplex.metadata.store.etcd..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.etcd..", "io.grpc..");

    @ArchTest
    static final ArchRule hikariStaysInThePools = noClasses()
            .that()
            .resideOutsideOfPackage("io.pgplex.jdbc.pool..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.zaxxer.hikari..");
}
