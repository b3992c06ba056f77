package io.pgplex.jdbc.intermediate;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.scan.QuestionMark;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MovedRelationsTest {

    private static final Shape SHAPE = new Shape(
            List.of(new RowArrays.Column("a", "integer", null), new RowArrays.Column("\"b c\"", "text", "\"C\"")));

    private static final String ARRAYS =
            "(a, \"b c\") AS (SELECT u.c1::integer, u.c2::text COLLATE \"C\" FROM ROWS FROM"
                    + " (pg_catalog.unnest(?::pg_catalog.text[]), pg_catalog.unnest(?::pg_catalog.text[])) AS u(c1, c2))";

    private static final MovedRelations RELATIONS = MovedRelations.NONE
            .with("x", new Moved.InHeap(SHAPE, new HeapRows(2)))
            .with("y", new Moved.InTable("pgplex_moved_7"))
            .with("z", new Moved.InHeapByShard(new Shape(List.of()), Map.of()));

    @Test
    void leavesOtherTextsAsTheyAre() throws SQLException {
        String sql = "SELECT * FROM x WHERE a ? 'b'";

        assertThat(text(sql, QuestionMark.OPERATOR)).isEqualTo(sql);
        assertThat(RELATIONS.text(sql, 0, QuestionMark.OPERATOR).hasArrays()).isFalse();
        assertThat(MovedRelations.NONE
                        .text("WITH " + Intermediate.definition("x") + " TABLE x", 0, QuestionMark.PARAMETER)
                        .hasArrays())
                .isFalse();
    }

    @Test
    void findsRowsWhereTheyAre() throws SQLException {
        String sql = "WITH RECURSIVE " + Intermediate.definition("y") + ", " + Intermediate.definition("x") + ", "
                + Intermediate.definition("z") + " SELECT ?";

        assertThat(text(sql, QuestionMark.PARAMETER))
                .isEqualTo("WITH RECURSIVE \"y\" AS NOT MATERIALIZED (TABLE pg_temp.\"pgplex_moved_7\"), \"x\"" + ARRAYS
                        + ", \"z\" AS (SELECT FROM pg_catalog.generate_series(1, ?)) SELECT ?");
    }

    @Test
    void doublesTheQuestionMarksOfOperatorsWhereItAddsParameters() throws SQLException {
        String before = "WITH " + Intermediate.definition("x") + " SELECT '?', a ? b, a ?| c /* ? */ FROM x";

        assertThat(text(before, QuestionMark.OPERATOR))
                .isEqualTo("WITH \"x\"" + ARRAYS + " SELECT '?', a ?? b, a ??| c /* ? */ FROM x");
        assertThat(text(before.replace("\"x\"", "\"y\""), QuestionMark.OPERATOR))
                .endsWith("SELECT '?', a ? b, a ?| c /* ? */ FROM x");
    }

    @Test
    void knowsWhichRowsAreTheSameEverywhere() {
        assertThat(RELATIONS.inHeap("x")).isNotNull();
        assertThat(RELATIONS.inHeap("y")).isNull();
        assertThat(RELATIONS.inHeap("z")).isNull();
        assertThat(RELATIONS.inHeap("w")).isNull();
    }

    private static String text(String sql, QuestionMark questionMark) throws SQLException {
        return RELATIONS.text(sql, 0, questionMark).sql();
    }
}
