package io.pgplex.routing;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.model.View;
import java.util.List;

/** An order-entry schema on three shards, for tests. */
public final class OrderEntry {

    private OrderEntry() {}

    public static ClusterMap map() {
        return TestCluster.of(
                        3,
                        table(
                                "customers",
                                List.of("id"),
                                new TableDistribution.Distributed("id", KeyType.BIGINT),
                                key("id", "bigint"),
                                column("name", "text"),
                                column("country", "text"),
                                column("credit", "numeric(12,2)"),
                                column("score", "real"),
                                column("created", "timestamp with time zone"),
                                column("info", "jsonb")),
                        table(
                                "orders",
                                List.of("customer_id", "id"),
                                new TableDistribution.Distributed("customer_id", KeyType.BIGINT),
                                key("customer_id", "bigint"),
                                key("id", "bigint"),
                                column("placed", "date"),
                                column("total", "numeric(12,2)"),
                                column("status", "text"),
                                column("sales_rep", "bigint")),
                        table(
                                "order_lines",
                                List.of("customer_id", "order_id", "line"),
                                new TableDistribution.Distributed("customer_id", KeyType.INTEGER),
                                key("customer_id", "integer"),
                                key("order_id", "bigint"),
                                key("line", "integer"),
                                column("product_id", "bigint"),
                                column("quantity", "integer")),
                        table(
                                "events",
                                List.of("id"),
                                new TableDistribution.Distributed("id", KeyType.UUID),
                                key("id", "uuid"),
                                column("customer_id", "bigint"),
                                column("kind", "text"),
                                new Column("seq", "bigint", true, null, "nextval('s')", DefaultKind.SEQUENCE)),
                        table(
                                "notes",
                                List.of(),
                                new TableDistribution.Distributed("title", KeyType.TEXT),
                                column("title", "text"),
                                column("body", "text"),
                                new Column("lang", "text", false, "\"de-x-icu\"", null, DefaultKind.NONE)),
                        table(
                                "sites",
                                List.of("id"),
                                new TableDistribution.Distributed("id", KeyType.BIGINT),
                                key("id", "bigint"),
                                column("name", "text"),
                                column("place", "point"),
                                column("plan", "json")),
                        table(
                                "countries",
                                List.of("code"),
                                new TableDistribution.Replicated(),
                                key("code", "text"),
                                column("name", "text"),
                                column("customer_id", "bigint")),
                        table(
                                "products",
                                List.of("id"),
                                new TableDistribution.Replicated(),
                                key("id", "bigint"),
                                column("name", "text"),
                                column("price", "numeric(10,2)"),
                                new Column(
                                        "added",
                                        "timestamp with time zone",
                                        false,
                                        null,
                                        "now()",
                                        DefaultKind.VOLATILE)),
                        new Table(
                                new TableName("public", "coming"),
                                new TableDistribution.Distributed("id", KeyType.BIGINT),
                                List.of(key("id", "bigint")),
                                Table.State.CREATING))
                .withView(new View(
                        new TableName("public", "big_orders"),
                        "SELECT orders.customer_id, orders.id, orders.total FROM public.orders WHERE (orders.total > (1000)::numeric)",
                        List.of(key("customer_id", "bigint"), key("id", "bigint"), column("total", "numeric(12,2)"))))
                .withView(new View(
                        new TableName("public", "order_counts"),
                        "SELECT orders.customer_id, count(*) AS orders FROM public.orders GROUP BY orders.customer_id",
                        List.of(key("customer_id", "bigint"), column("orders", "bigint"))));
    }

    private static Table table(
            String name, List<String> primaryKey, TableDistribution distribution, Column... columns) {
        return new Table(new TableName("public", name), distribution, List.of(columns), primaryKey, Table.State.ACTIVE);
    }

    private static Column key(String name, String type) {
        return new Column(name, type, true, null, null, DefaultKind.NONE);
    }

    private static Column column(String name, String type) {
        return new Column(name, type, false, null, null, DefaultKind.NONE);
    }
}
