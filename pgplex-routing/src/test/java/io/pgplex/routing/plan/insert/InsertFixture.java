package io.pgplex.routing.plan.insert;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.Table.State;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.TestCluster;
import io.pgplex.routing.bind.InsertBinder;
import io.pgplex.routing.bind.ShardInsert;
import io.pgplex.routing.bind.TestParameters;
import io.pgplex.routing.plan.Evaluation;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Refusal;
import io.pgplex.routing.scan.StatementScanner;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tables and shortcuts for tests of INSERT. */
final class InsertFixture {

    static final Table ITEMS = table(
            "items",
            new TableDistribution.Distributed("k", KeyType.BIGINT),
            column("k", "bigint", null, DefaultKind.NONE),
            column("v", "text", null, DefaultKind.NONE),
            column("at", "timestamp with time zone", "now()", DefaultKind.VOLATILE));

    static final Table ORDERS = table(
            "orders",
            new TableDistribution.Distributed("customer", KeyType.BIGINT),
            column("id", "bigint", "nextval('public.orders_id_seq'::regclass)", DefaultKind.SEQUENCE),
            column("customer", "bigint", null, DefaultKind.NONE),
            column("note", "character varying(20)", "'none'::character varying", DefaultKind.CONSTANT));

    static final Table DOCUMENTS = table(
            "Docs",
            new TableDistribution.Distributed("Id", KeyType.UUID),
            column("Id", "uuid", "pg_catalog.gen_random_uuid()", DefaultKind.VOLATILE),
            column("body", "text", null, DefaultKind.NONE));

    static final Table CODES = table(
            "codes",
            new TableDistribution.Distributed("code", KeyType.VARCHAR),
            column("code", "character varying(5)", null, DefaultKind.NONE),
            column("day", "date", null, DefaultKind.NONE));

    static final Table COUNTRIES = table(
            "countries",
            new TableDistribution.Replicated(),
            column("id", "integer", "nextval('public.countries_id_seq'::regclass)", DefaultKind.SEQUENCE),
            column("code", "character(2)", null, DefaultKind.NONE),
            column("added", "timestamp(3) with time zone", "now()", DefaultKind.VOLATILE),
            column("parts", "integer[]", null, DefaultKind.NONE));

    static final ClusterMap MAP = TestCluster.of(4, ITEMS, ORDERS, DOCUMENTS, CODES, COUNTRIES);
    static final RoutingScope SCOPE = new RoutingScope(List.of("public"), Set.of());

    private InsertFixture() {}

    static Table table(String name, TableDistribution distribution, Column... columns) {
        return new Table(new TableName("public", name), distribution, List.of(columns), State.ACTIVE);
    }

    static Column column(String name, String type, @Nullable String expression, DefaultKind kind) {
        return new Column(name, type, false, null, expression, kind);
    }

    static Plan plan(Table table, String sql) {
        return InsertPlanner.plan(StatementScanner.scan(sql).get(0), table, MAP, SCOPE);
    }

    static Plan.Insert insert(Table table, String sql) {
        return (Plan.Insert) plan(table, sql);
    }

    static Plan.Sharded sharded(Table table, String sql) {
        return (Plan.Sharded) plan(table, sql);
    }

    static Refusal refusal(Table table, String sql) {
        try {
            Plan plan = plan(table, sql);
            throw new AssertionError("not refused: " + plan);
        } catch (RoutingException e) {
            return e.refusal();
        }
    }

    /** The evaluations as {@code expression parameters as type}. */
    static List<String> evaluations(List<Evaluation> evaluations) {
        return evaluations.stream()
                .map(evaluation -> evaluation.expression() + " as " + evaluation.type())
                .toList();
    }

    static List<ShardInsert> bind(Plan.Insert insert, @Nullable Object... parameters) {
        int[] buckets = InsertBinder.buckets(insert, new TestParameters(parameters), MAP);
        return InsertBinder.bind(insert, buckets, MAP);
    }
}
