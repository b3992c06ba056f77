package io.pgplex.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.quickstart.Step.RowOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerTest {
    private static final Answer EXPECTED = answer(List.of("1", "2", "2"));

    @Test
    void takesEqualRowsForEqualWhateverTheTime() {
        Answer later = new Answer(EXPECTED.columns(), EXPECTED.types(), EXPECTED.rows(), -1, 99);

        assertThat(later.differenceFrom(EXPECTED, RowOrder.DEFINED)).isNull();
    }

    @Test
    void seesRowsInAnotherOrderOnlyWhereItIsDefined() {
        Answer turned = answer(List.of("2", "1", "2"));

        assertThat(turned.differenceFrom(EXPECTED, RowOrder.DEFINED)).isEqualTo("row 1 is [2] instead of [1]");
        assertThat(turned.differenceFrom(EXPECTED, RowOrder.ANY)).isNull();
    }

    @Test
    void countsEqualRows() {
        Answer fewerTwos = answer(List.of("1", "1", "2"));

        assertThat(fewerTwos.differenceFrom(EXPECTED, RowOrder.ANY)).isEqualTo("row [2] is missing");
    }

    @Test
    void seesMissingRowsAndNulls() {
        assertThat(answer(List.of("1", "2")).differenceFrom(EXPECTED, RowOrder.ANY))
                .isEqualTo("2 rows instead of 3");
        assertThat(answer(Arrays.asList("1", "2", null)).differenceFrom(EXPECTED, RowOrder.ANY))
                .isEqualTo("row [2] is missing");
    }

    @Test
    void seesOtherColumnsTypesAndCounts() {
        Answer otherType = new Answer(List.of("n"), List.of("int8"), EXPECTED.rows(), -1, 1);
        Answer otherName = new Answer(List.of("m"), List.of("int4"), EXPECTED.rows(), -1, 1);
        Answer written = new Answer(List.of(), List.of(), List.of(), 3, 1);
        Answer writtenMore = new Answer(List.of(), List.of(), List.of(), 4, 1);

        assertThat(otherType.differenceFrom(EXPECTED, RowOrder.ANY)).contains("types [int8]");
        assertThat(otherName.differenceFrom(EXPECTED, RowOrder.ANY)).contains("columns [m]");
        assertThat(writtenMore.differenceFrom(written, RowOrder.ANY)).isEqualTo("update count 4 instead of 3");
    }

    private static Answer answer(List<String> values) {
        return new Answer(
                List.of("n"),
                List.of("int4"),
                values.stream().map(Arrays::asList).toList(),
                -1,
                1);
    }
}
