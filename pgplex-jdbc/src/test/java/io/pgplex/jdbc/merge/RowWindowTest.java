package io.pgplex.jdbc.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.routing.bind.Parameters;
import io.pgplex.routing.plan.RowLimit;
import java.math.BigDecimal;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class RowWindowTest {

    private static final RowLimit LIMIT_PARAMETER = new RowLimit(new RowLimit.Parameter(0), null);

    @Test
    void takesNumbersOfTheText() throws SQLException {
        assertThat(RowWindow.of(new RowLimit(new RowLimit.Literal(5), new RowLimit.Literal(2)), Parameters.NONE))
                .isEqualTo(new RowWindow(2, 5));
    }

    @Test
    void isEverythingWithoutLimits() throws SQLException {
        assertThat(RowWindow.of(RowLimit.UNLIMITED, Parameters.NONE)).isEqualTo(RowWindow.ALL);
    }

    @Test
    void readsParametersAsPostgresqlDoes() throws SQLException {
        assertThat(limit(7L)).isEqualTo(7);
        assertThat(limit(null)).isEqualTo(Long.MAX_VALUE);
        assertThat(limit(new BigDecimal("2.5"))).isEqualTo(3);
        assertThat(limit(2.5)).isEqualTo(2);
        assertThat(limit(" 9 ")).isEqualTo(9);
    }

    @Test
    void refusesNegativeNumbers() {
        assertThatThrownBy(() -> limit(-1L)).hasFieldOrPropertyWithValue("SQLState", "2201W");
        assertThatThrownBy(() -> RowWindow.of(new RowLimit(null, new RowLimit.Literal(-1)), Parameters.NONE))
                .hasFieldOrPropertyWithValue("SQLState", "2201X");
    }

    @Test
    void refusesWhatIsNoNumber() {
        assertThatThrownBy(() -> limit("many")).hasFieldOrPropertyWithValue("SQLState", "22023");
        assertThatThrownBy(() -> limit(Double.NaN)).hasFieldOrPropertyWithValue("SQLState", "22023");
    }

    @Test
    void isNarrowedByMaxRows() {
        assertThat(new RowWindow(2, 5).atMost(3)).isEqualTo(new RowWindow(2, 3));
        assertThat(new RowWindow(2, 5).atMost(9)).isEqualTo(new RowWindow(2, 5));
        assertThat(new RowWindow(2, 5).atMost(0)).isEqualTo(new RowWindow(2, 5));
    }

    private static long limit(Object value) throws SQLException {
        return RowWindow.of(LIMIT_PARAMETER, new OneParameter(value)).limit();
    }

    private record OneParameter(Object only) implements Parameters {
        @Override
        public int count() {
            return 1;
        }

        @Override
        public boolean isLong(int index) {
            return only instanceof Long;
        }

        @Override
        public long longValue(int index) {
            return (Long) only;
        }

        @Override
        public Object value(int index) {
            return only;
        }
    }
}
