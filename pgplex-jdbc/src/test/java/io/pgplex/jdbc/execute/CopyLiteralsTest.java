package io.pgplex.jdbc.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.routing.scan.QuestionMark;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class CopyLiteralsTest {

    @Test
    void writesIntegersWithTheTypeInWhichTheyWouldBeSent() throws SQLException {
        assertThat(text("SELECT ?, '?', ? - ?", new int[] {2, 0, 1}, 5L, -6, (short) 7))
                .isEqualTo("SELECT '7'::pg_catalog.int2, '?', '5'::pg_catalog.int8 - '-6'::pg_catalog.int4");
    }

    @Test
    void leavesOtherValuesToBeSentAsParameters() throws SQLException {
        assertThat(text("SELECT ?", new int[] {0}, "text")).isNull();
        assertThat(text("SELECT ?", new int[] {0}, (Object) null)).isNull();
        assertThat(text("SELECT ?", new int[] {1}, "text", 1)).isEqualTo("SELECT '1'::pg_catalog.int4");
    }

    @Test
    void makesDoubledQuestionMarksSingle() throws SQLException {
        assertThat(text("SELECT a ?? b, ?", new int[] {0}, 1)).isEqualTo("SELECT a ? b, '1'::pg_catalog.int4");
        assertThat(CopyLiterals.text("SELECT a ? b", new int[0], NoParameters.NONE, QuestionMark.OPERATOR))
                .isEqualTo("SELECT a ? b");
    }

    @Test
    void takesNoTextOfSeveralStatements() throws SQLException {
        assertThat(CopyLiterals.text("SELECT 1; SELECT 2", new int[0], NoParameters.NONE, QuestionMark.OPERATOR))
                .isNull();
    }

    private static String text(String sql, int[] indexes, Object... values) throws SQLException {
        return CopyLiterals.text(sql, indexes, new Values(values), QuestionMark.PARAMETER);
    }

    /** Values as an application's setters leave them. */
    private record Values(Object[] values) implements BoundParameters {

        @Override
        public int count() {
            return values.length;
        }

        @Override
        public boolean isLong(int index) {
            return values[index] instanceof Number;
        }

        @Override
        public long longValue(int index) {
            return ((Number) values[index]).longValue();
        }

        @Override
        public Object value(int index) {
            return values[index];
        }

        @Override
        public void apply(int index, PreparedStatement target, int position) throws SQLException {
            target.setObject(position, values[index]);
        }
    }
}
