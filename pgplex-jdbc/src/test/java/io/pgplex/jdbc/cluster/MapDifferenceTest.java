package io.pgplex.jdbc.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pgplex.jdbc.cluster.DescribedRelation.DescribedColumn;
import io.pgplex.jdbc.transaction.MetadataChange.DropTable;
import io.pgplex.jdbc.transaction.MetadataChange.DropView;
import io.pgplex.jdbc.transaction.MetadataChange.PutTable;
import io.pgplex.jdbc.transaction.MetadataChange.PutView;
import io.pgplex.metadata.model.BucketRange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.ClusterProperties;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution.Distributed;
import io.pgplex.metadata.model.TableDistribution.Replicated;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.model.View;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MapDifferenceTest {

    private static final TableName T = new TableName("public", "t");
    private static final TableName R = new TableName("public", "r");
    private static final TableName V = new TableName("public", "v");

    private static DescribedColumn column(int number, String name, String type, KeyType keyType) {
        return new DescribedColumn(number, new Column(name, type, false, null, null, DefaultKind.NONE), keyType, true);
    }

    private static DescribedRelation table(long oid, TableName name, DescribedColumn... columns) {
        return new DescribedRelation(oid, name, 'r', false, List.of(), null, List.of(columns));
    }

    private static DescribedRelation view(TableName name, String query) {
        return new DescribedRelation(3, name, 'v', false, List.of(), query, List.of());
    }

    private static final DescribedColumn K = column(1, "k", "integer", KeyType.INTEGER);
    private static final DescribedRelation OLD_T = table(1, T, K);
    private static final DescribedRelation OLD_R = table(2, R, K);
    private static final DescribedRelation OLD_V = view(V, "SELECT 1");
    private static final Map<Long, DescribedRelation> BEFORE = Map.of(1L, OLD_T, 2L, OLD_R, 3L, OLD_V);

    private static ClusterMap map(DescribedRelation t, KeyType type) {
        Table distributed = new Table(T, new Distributed("k", type), t.modelColumns(), Table.State.ACTIVE);
        Table replicated = new Table(R, new Replicated(), OLD_R.modelColumns(), Table.State.ACTIVE);
        return new ClusterMap(
                "default",
                1,
                new ClusterProperties("shop", 4096, "C", true, 15),
                List.of(new Shard("s1", 0, "pg1", List.of(), 1, List.of(new BucketRange(0, 4095)))),
                Map.of("pg1", new Node(1, "pg1", "localhost", 5432, "d")),
                Map.of(T, distributed, R, replicated),
                Map.of(V, new View(V, "SELECT 1", List.of())));
    }

    private static final ClusterMap MAP = map(OLD_T, KeyType.INTEGER);

    @Test
    void isEmptyWhereNothingChanged() throws SQLException {
        assertThat(MapDifference.between(MAP, BEFORE, BEFORE)).isEmpty();
    }

    @Test
    void dropsWhatIsGone() throws SQLException {
        assertThat(MapDifference.between(MAP, BEFORE, Map.of()))
                .containsExactlyInAnyOrder(new DropTable(T), new DropTable(R), new DropView(V));
    }

    @Test
    void removesNamesBeforeItGivesThemToOthers() throws SQLException {
        DescribedRelation tNow = table(1, R, K);
        DescribedRelation rNow = table(2, T, K);
        var changes = MapDifference.between(MAP, BEFORE, Map.of(1L, tNow, 2L, rNow, 3L, OLD_V));
        assertThat(changes.subList(0, 2)).containsExactlyInAnyOrder(new DropTable(T), new DropTable(R));
        ClusterMap now = MAP;
        for (var change : changes) {
            now = change.applyTo(now);
        }
        assertThat(now.tables().get(R).distribution()).isInstanceOf(Distributed.class);
        assertThat(now.tables().get(T).distribution()).isInstanceOf(Replicated.class);
    }

    @Test
    void describesViewsAnew() throws SQLException {
        DescribedRelation now = view(V, "SELECT 2");
        assertThat(MapDifference.between(MAP, BEFORE, Map.of(1L, OLD_T, 2L, OLD_R, 3L, now)))
                .containsExactly(new PutView(new View(V, "SELECT 2", List.of())));
    }

    @Test
    void followsTheKeyByItsNumber() throws SQLException {
        DescribedRelation now = table(1, T, column(1, "key", "bigint", KeyType.BIGINT));
        assertThat(MapDifference.between(MAP, BEFORE, Map.of(1L, now, 2L, OLD_R, 3L, OLD_V)))
                .containsExactly(new PutTable(
                        new Table(T, new Distributed("key", KeyType.BIGINT), now.modelColumns(), Table.State.ACTIVE)));
    }

    @Test
    void followsThePrimaryKey() throws SQLException {
        DescribedRelation keyed = new DescribedRelation(1, T, 'r', false, List.of("k"), null, List.of(K));
        Table described = new Table(
                T, new Distributed("k", KeyType.INTEGER), keyed.modelColumns(), List.of("k"), Table.State.ACTIVE);
        assertThat(MapDifference.between(MAP, BEFORE, Map.of(1L, keyed, 2L, OLD_R, 3L, OLD_V)))
                .containsExactly(new PutTable(described));
        assertThat(MapDifference.between(MAP.withTable(described), Map.of(1L, keyed), Map.of(1L, OLD_T)))
                .containsExactly(new PutTable(MAP.table(T)));
    }

    @Test
    void refusesToLoseTheKey() {
        // a new column of the key's name is another column
        DescribedRelation now = table(1, T, column(2, "k", "integer", KeyType.INTEGER));
        SQLException e = catchThrowableOfType(
                SQLException.class, () -> MapDifference.between(MAP, BEFORE, Map.of(1L, now, 2L, OLD_R, 3L, OLD_V)));
        assertThat(e.getSQLState()).isEqualTo("0A000");
        assertThat(e.getMessage()).contains("cannot drop column \"k\"");
    }

    @ParameterizedTest
    @CsvSource({
        "character varying(10), VARCHAR, character varying(20), VARCHAR, true",
        "character varying(10), VARCHAR, text, TEXT, true",
        "text, TEXT, character varying, VARCHAR, true",
        "character varying(10), VARCHAR, character varying(5), VARCHAR, false",
        "text, TEXT, character varying(5), VARCHAR, false",
        "character(5), CHAR, text, TEXT, false",
        "bigint, BIGINT, smallint, SMALLINT, true",
        "'numeric(9,2)', NUMERIC, 'numeric(9,1)', NUMERIC, false",
        "date, DATE, timestamp without time zone, TIMESTAMP, false"
    })
    void changesTheKeysTypeOnlyWhereValuesStay(
            String oldType, KeyType oldKey, String newType, KeyType newKey, boolean allowed) {
        DescribedRelation before = table(1, T, column(1, "k", oldType, oldKey));
        DescribedRelation now = table(1, T, column(1, "k", newType, newKey));
        SQLException e = catchThrowableOfType(
                SQLException.class,
                () -> MapDifference.between(map(before, oldKey), Map.of(1L, before), Map.of(1L, now)));
        assertThat(e == null).isEqualTo(allowed);
    }
}
