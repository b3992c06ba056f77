package io.pgplex.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ExplanationTest {
    @Test
    void readsPlanShardsAndMerge() {
        Explanation explanation = Explanation.of(List.of(
                "Scatter  (SELECT, read)",
                "  Shards: s1, s3",
                "  Merge: Sorted",
                "Shard s1 on node pg1",
                "  Seq Scan on t  (cost=0.00..1.00 rows=1 width=8)"));

        assertThat(explanation).isEqualTo(new Explanation("Scatter", "s1, s3", "Sorted"));
    }

    @Test
    void collectsTheShardsOfInsertedRows() {
        Explanation explanation = Explanation.of(List.of(
                "Insert  (4 rows, key bigint)",
                "  Head: INSERT INTO t VALUES",
                "  Row: (1), shard s2 (bucket 7)",
                "  Row: (2), shard s1 (bucket 9)",
                "  Row: (3), shard s2 (bucket 8)",
                "  Row: (?), shard of key ?1::bigint"));

        assertThat(explanation).isEqualTo(new Explanation("Insert", "s2, s1, of key ?1::bigint", ""));
    }
}
