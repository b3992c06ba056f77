package io.pgplex.quickstart;

import java.util.List;

/** Something that is done to both databases, and whose answers must be equal. Immutable. */
sealed interface Step {
    /** What it shows. */
    String title();

    /** Whether the statement says in which order its rows come. */
    enum RowOrder {
        DEFINED,
        ANY
    }

    /** How a transaction ends. */
    enum End {
        COMMIT,
        ROLLBACK
    }

    /**
     * One statement.
     *
     * @param sql the statement, as both databases get it
     * @param parameters its parameters' values
     */
    record Question(String title, RowOrder order, String sql, List<Object> parameters) implements Step {
        public Question {
            parameters = List.copyOf(parameters);
        }

        static Question ordered(String title, String sql, Object... parameters) {
            return new Question(title, RowOrder.DEFINED, sql, List.of(parameters));
        }

        static Question unordered(String title, String sql, Object... parameters) {
            return new Question(title, RowOrder.ANY, sql, List.of(parameters));
        }
    }

    /** Statements in one transaction. */
    record Transaction(String title, List<Question> statements, End end) implements Step {
        public Transaction {
            statements = List.copyOf(statements);
        }
    }
}
