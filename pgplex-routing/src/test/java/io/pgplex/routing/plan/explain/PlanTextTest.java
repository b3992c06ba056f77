package io.pgplex.routing.plan.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.routing.TestCluster;
import io.pgplex.routing.bind.KeySource;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.bind.ShardSet;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Evaluation;
import io.pgplex.routing.plan.Finish;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.InsertRow;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Movement;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.RowLimit;
import io.pgplex.routing.plan.Scatter;
import io.pgplex.routing.plan.SortKey;
import io.pgplex.routing.plan.StatementKind;
import io.pgplex.routing.plan.Unsupported;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanTextTest {

    private static final ClusterMap MAP = TestCluster.of(3);
    private static final ShardSelector KEY = new ShardSelector.Key(new KeySource.Parameter(0, KeyType.BIGINT));

    @Test
    void aRouteSaysItsKey() {
        Plan plan = new Plan.Sharded(
                StatementKind.UPDATE,
                Effect.WRITE,
                false,
                Fragment.original("UPDATE t SET v = 1 WHERE k = ?", 1),
                KEY,
                null,
                null,
                Unsupported.MERGE_ACROSS_SHARDS.at(0));
        assertThat(PlanText.render(plan, MAP)).isEqualTo("""
                        Route  (UPDATE, write)
                          Shards: of key ?1::bigint
                          On Several Shards: refused, 0A000: MERGE on several shards is not supported
                          Hint: Equate the distribution key in ON and insert that value, or bind the key to a value.
                        """);
        assertThat(PlanText.render(plan, MAP, ShardSet.of(1))).isEqualTo("""
                        Route  (UPDATE, write)
                          Shards: s2
                        """);
        assertThat(PlanText.render(plan, MAP, ShardSet.all(3)))
                .startsWith("Refuse  (UPDATE, write)\n  Shards: s1, s2, s3");
    }

    @Test
    void aScatterSaysFragmentAndMerge() {
        Merge merge = new Merge.Sorted(
                List.of(new SortKey(1, true, true, false), new SortKey(3, false, true, true)),
                2,
                new RowLimit(new RowLimit.Literal(10), new RowLimit.Parameter(1)),
                null);
        Scatter scatter = new Scatter(
                new Fragment("SELECT a,\n  b, c FROM t\n WHERE d = ?", new int[] {2}),
                merge,
                List.of(new Evaluation(new Fragment("now()", new int[0]), "date")));
        Plan plan = new Plan.Sharded(
                StatementKind.SELECT,
                Effect.READ,
                true,
                Fragment.original("SELECT ...", 2),
                new ShardSelector.Or(List.of(KEY, new ShardSelector.NamedShard(2))),
                scatter,
                null,
                null);
        assertThat(PlanText.render(plan, MAP)).isEqualTo("""
                        Route or Scatter  (SELECT, read)
                          Shards: (of key ?1::bigint or s3)
                          Fragment: SELECT a, b, c FROM t WHERE d = ? [?3]
                          Evaluate ?3: now() as date
                          Merge: Sorted
                          Sort Key: column 1 DESC, column 3 NULLS FIRST COLLATE "C"
                          Hidden Columns: 2
                          Limit: 10
                          Offset: ?2
                        """);
        assertThat(PlanText.render(plan, MAP, ShardSet.all(2)))
                .startsWith("Scatter  (SELECT, read)\n  Shards: s1, s2\n");
    }

    @Test
    void aFinishSaysItsQuery() {
        Finish finish = new Finish(
                List.of(
                        new Finish.Text("SELECT sum(c1)::"),
                        new Finish.TypeOf(1),
                        new Finish.Text(", "),
                        new Finish.Average(2, 3),
                        new Finish.Text(" FROM pgplex_rows")),
                new int[0],
                List.of(Finish.Combine.SUM));
        Plan plan = new Plan.Sharded(
                StatementKind.SELECT,
                Effect.READ,
                true,
                Fragment.original("SELECT 1", 0),
                new ShardSelector.AllShards(),
                new Scatter(Fragment.original("SELECT 1", 0), new Merge.Finished(finish), List.of()),
                null,
                null);
        assertThat(PlanText.lines(plan, MAP))
                .containsExactly(
                        "Route or Scatter  (SELECT, read)",
                        "  Shards: all of 3",
                        "  Merge: Finish",
                        "  Finish: SELECT sum(c1)::<type of c1>, <avg of c2 over c3> FROM pgplex_rows",
                        "  Combine: [SUM]");
    }

    @Test
    void anInsertSaysItsRows() {
        Plan plan = new Plan.Insert(
                null,
                true,
                "INSERT INTO t (k) VALUES",
                List.of(
                        new InsertRow(
                                new Fragment("(?)", new int[] {1}),
                                new KeySource.Assigned(1, KeyType.BIGINT, "bigint")),
                        new InsertRow(new Fragment("(7)", new int[0]), new KeySource.Literal(0))),
                new Fragment(" RETURNING ?", new int[] {0}),
                KeyType.BIGINT,
                List.of(new Evaluation(new Fragment("nextval('s')", new int[0]), "bigint")));
        assertThat(PlanText.render(plan, MAP)).isEqualTo("""
                        Insert  (2 rows, key bigint)
                          Head: INSERT INTO t (k) VALUES
                          Row: (?) [?2], shard of key ?2::bigint
                          Row: (7), shard s1 (bucket 0)
                          Tail: RETURNING ? [?1]
                          Evaluate ?2: nextval('s') as bigint
                        """);
    }

    private static Plan.Sharded part(String sql, int parameters, ShardSelector selector) {
        Scatter append = new Scatter(
                Fragment.original(sql, parameters), new Merge.Concatenate(new RowLimit(null, null)), List.of());
        boolean scatters = selector instanceof ShardSelector.AllShards;
        return new Plan.Sharded(
                StatementKind.SELECT,
                Effect.READ,
                true,
                Fragment.original(sql, parameters),
                selector,
                scatters ? append : null,
                null,
                null);
    }

    @Test
    void aMovementSaysWhatTravelsAndWhatIsKnownOfIt() {
        Plan.Sharded source = part("SELECT a FROM t WHERE b = ?", 1, new ShardSelector.AllShards());
        Plan.Sharded filtered = part("WITH small ... SELECT a FROM t", 0, new ShardSelector.AllShards());
        Intermediate moved = new Intermediate(
                "m1",
                List.of(new Intermediate.Column("a", "bigint", null)),
                source,
                new int[] {1},
                new Intermediate.Reach.OneShard(),
                new Intermediate.Reduction("m0", filtered, new int[0]),
                10,
                120);
        Intermediate keyed = new Intermediate(
                "m2",
                List.of(),
                part("SELECT k FROM u", 0, new ShardSelector.HomeShard()),
                new int[0],
                new Intermediate.Reach.ByKey(0, KeyType.UUID),
                null,
                -1,
                -1);
        Movement movement = new Movement(
                List.of(),
                List.of(moved, keyed),
                part("SELECT a FROM m1 WHERE c = ?", 1, new ShardSelector.AnyShard()),
                new int[] {0},
                false);
        Plan plan = new Plan.Sharded(
                StatementKind.SELECT,
                Effect.READ,
                true,
                Fragment.original("SELECT ...", 2),
                new ShardSelector.AllShards(),
                null,
                movement,
                null);
        PlanText.Additions additions = new PlanText.Additions() {
            @Override
            public List<String> of(Intermediate intermediate) {
                return List.of(intermediate.name() + " has moved");
            }

            @Override
            public List<String> of(Movement over) {
                return List.of("done", "  in time");
            }
        };
        assertThat(String.join("\n", PlanText.lines(plan, MAP, ShardSet.all(3), additions)) + "\n")
                .isEqualTo("""
                        Gather  (SELECT, read)
                          Shards: s1, s2, s3
                          Move m1("a") to one shard, about 10 rows, 120 bytes
                            Source: SELECT a FROM t WHERE b = ? [?1]
                            Parameters: ?1 is ?2
                            Reduced By m0: WITH small ... SELECT a FROM t
                            Route or Scatter  (SELECT, read)
                              Shards: all of 3
                              Merge: Append
                            m1 has moved
                          Move m2() to the shards of column 1::uuid
                            Source: SELECT k FROM u
                            Route  (SELECT, read)
                              Shards: s1 (home)
                            m2 has moved
                          Then: SELECT a FROM m1 WHERE c = ? [?1]
                            Route  (SELECT, read)
                              Shards: any
                            done
                              in time
                        """);
        assertThat(PlanText.render(plan, MAP)).startsWith("Route or Gather").doesNotContain("has moved");
        assertThat(PlanText.render(plan, MAP, ShardSet.of(1))).isEqualTo("Route  (SELECT, read)\n  Shards: s2\n");
    }
}
