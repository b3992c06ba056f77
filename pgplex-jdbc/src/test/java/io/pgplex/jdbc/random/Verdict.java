package io.pgplex.jdbc.random;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** How an answer compares with the reference's. */
enum Verdict {
    SAME,
    /** The driver said that it does not do this, and the reference does it. */
    REFUSED,
    /** Too slow, too large, or an error at run time on one side only, which depends on what is evaluated first. */
    UNDECIDED,
    OTHER_ROWS,
    OTHER_ORDER,
    OTHER_COLUMNS,
    /** One fails or both do, each with an SQLState of its own. */
    OTHER_ERROR;

    boolean differs() {
        return compareTo(OTHER_ROWS) >= 0;
    }

    /** Compares; {@code order} is {@link Sql#order()}. */
    static Verdict of(Answer expected, Answer actual, List<String> order) {
        if (expected.tooMuch() || actual.tooMuch()) {
            return UNDECIDED;
        }
        if (expected.failed() || actual.failed()) {
            return ofErrors(expected, actual);
        }
        if (!expected.labels().equals(actual.labels()) || !expected.types().equals(actual.types())) {
            return OTHER_COLUMNS;
        }
        if (expected.count() != actual.count() || !sorted(expected.rows()).equals(sorted(actual.rows()))) {
            return OTHER_ROWS;
        }
        return inOrder(expected, order).equals(inOrder(actual, order)) ? SAME : OTHER_ORDER;
    }

    private static Verdict ofErrors(Answer expected, Answer actual) {
        if (actual.refused() && !expected.refused()) {
            return expected.failed() ? UNDECIDED : REFUSED;
        }
        if (expected.sqlState().equals(actual.sqlState())) {
            return SAME;
        }
        boolean expectedMay = expected.failedAtRunTime() || !expected.failed();
        boolean actualMay = actual.failedAtRunTime() || !actual.failed();
        return expectedMay && actualMay ? UNDECIDED : OTHER_ERROR;
    }

    private static List<String> sorted(List<List<String>> rows) {
        List<String> texts = new ArrayList<>();
        rows.forEach(row -> texts.add(row.toString()));
        Collections.sort(texts);
        return texts;
    }

    /** What must come in that order: all columns, or those by which the rows are sorted. */
    private static List<List<String>> inOrder(Answer answer, List<String> order) {
        if (order.contains("")) {
            return answer.rows();
        }
        List<List<String>> keys = new ArrayList<>();
        for (List<String> row : answer.rows()) {
            List<String> key = new ArrayList<>();
            order.forEach(label -> key.add(row.get(answer.labels().indexOf(label.replace("\"", "")))));
            keys.add(key);
        }
        return keys;
    }
}
