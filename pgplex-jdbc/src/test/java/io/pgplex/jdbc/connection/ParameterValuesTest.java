package io.pgplex.jdbc.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.sql.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParameterValuesTest {
    private final ParameterValues values = new ParameterValues(6);

    @Test
    void repeatsTheSetterThatWasCalled() throws SQLException {
        setSix();

        assertThat(RecordedSetters.of(values))
                .containsExactly(
                        "setByte(1, 1)",
                        "setShort(2, 2)",
                        "setInt(3, 3)",
                        "setLong(4, 4)",
                        "setString(5, five)",
                        "setNull(6, " + Types.BIGINT + ")");
    }

    @Test
    void repeatsAsOftenAsAsked() throws SQLException {
        setSix();

        assertThat(RecordedSetters.of(values)).isEqualTo(RecordedSetters.of(values));
    }

    @Test
    void readsIntegersWithoutBoxing() throws SQLException {
        setSix();

        for (int i = 0; i < 4; i++) {
            assertThat(values.isLong(i)).isTrue();
            assertThat(values.longValue(i)).isEqualTo(i + 1L);
        }
        assertThat(values.isLong(4)).isFalse();
        assertThat(values.isLong(5)).isFalse();
    }

    @Test
    void readsValuesAsTheApplicationPassedThem() throws SQLException {
        setSix();

        assertThat(values.value(0)).isEqualTo((byte) 1);
        assertThat(values.value(1)).isEqualTo((short) 2);
        assertThat(values.value(2)).isEqualTo(3);
        assertThat(values.value(3)).isEqualTo(4L);
        assertThat(values.value(4)).isEqualTo("five");
        assertThat(values.value(5)).isNull();
    }

    @Test
    void laterSettersDoNotReachACopy() throws SQLException {
        setSix();
        ParameterValues copy = values.copy();

        values.setLong(4, 44);
        values.setString(5, "fifty");
        values.clear();

        assertThat(copy.longValue(3)).isEqualTo(4);
        assertThat(copy.value(4)).isEqualTo("five");
        copy.requireAll();
    }

    @Test
    void aNewValueReplacesOneOfAnotherKind() throws SQLException {
        values.set(1, "x", (target, position) -> target.setDouble(position, 1.5));
        values.setInt(1, 7);

        assertThat(values.isLong(0)).isTrue();
        values.setNull(1, Types.INTEGER);
        assertThat(values.value(0)).isNull();
    }

    @Test
    void namesTheFirstParameterThatHasNoValue() throws SQLException {
        values.setInt(1, 1);

        assertThatThrownBy(values::requireAll)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22023"))
                .hasMessage("No value specified for parameter 2.");
    }

    @Test
    void clearForgetsValues() throws SQLException {
        setSix();
        values.clear();

        assertThatThrownBy(values::requireAll).hasMessage("No value specified for parameter 1.");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 7})
    void refusesAPositionOutsideTheStatement(int position) {
        assertThatThrownBy(() -> values.setInt(position, 1))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22023"))
                .hasMessage("The column index is out of range: " + position + ", number of columns: 6.");
    }

    @Test
    void showsNoValues() throws SQLException {
        setSix();

        assertThat(values.toString()).doesNotContain("five");
    }

    private void setSix() throws SQLException {
        values.setByte(1, (byte) 1);
        values.setShort(2, (short) 2);
        values.setInt(3, 3);
        values.setLong(4, 4);
        values.setString(5, "five");
        values.setNull(6, Types.BIGINT);
    }
}
