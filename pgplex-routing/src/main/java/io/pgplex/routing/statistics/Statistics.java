package io.pgplex.routing.statistics;

import io.pgplex.metadata.model.TableName;
import org.jspecify.annotations.Nullable;

/** The sizes of tables at some moment not long ago. Immutable and thread-safe: what changes is which value is in use. */
public interface Statistics {

    /** Nothing is known of any table. */
    Statistics UNKNOWN = name -> null;

    /** What is known of a table, local ones included; null when nothing is. */
    @Nullable
    TableStatistics table(TableName name);
}
