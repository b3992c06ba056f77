package io.pgplex.jdbc.execute;

import java.sql.ResultSet;
import org.jspecify.annotations.Nullable;

/**
 * A batch's answers.
 *
 * @param counts one a batch entry, in its order
 * @param generatedKeys the keys of all entries in their order, or null where none were asked for
 */
public record BatchResult(long[] counts, @Nullable ResultSet generatedKeys) {}
