package io.pgplex.jdbc.connection;

import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Where the questions of {@link DatabaseMetaData} go; the methods that ask them are generated. */
abstract class DatabaseQuestions {

    /** A question about the database. */
    @FunctionalInterface
    interface Question<T extends @Nullable Object> {
        T ask(DatabaseMetaData metaData) throws SQLException;
    }

    /** The answer to a question. */
    abstract <T extends @Nullable Object> T answer(Question<T> question) throws SQLException;

    /** The answer to a question, as rows that stay open. */
    abstract ResultSet rows(Question<ResultSet> question) throws SQLException;
}
