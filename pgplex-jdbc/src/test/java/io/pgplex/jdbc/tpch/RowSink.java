package io.pgplex.jdbc.tpch;

import java.sql.SQLException;

/** Takes the rows of a table one by one: Integer, Long, BigDecimal, LocalDate and String values. */
@FunctionalInterface
interface RowSink {
    void row(Object... values) throws SQLException;
}
