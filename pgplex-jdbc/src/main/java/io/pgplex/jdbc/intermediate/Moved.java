package io.pgplex.jdbc.intermediate;

import java.util.Map;

/** Where an intermediate's rows are while later texts name it. */
public sealed interface Moved {

    /** In the heap, the same for every shard. */
    record InHeap(Shape shape, HeapRows rows) implements Moved {}

    /**
     * In the heap, each shard having its own.
     *
     * @param rows by the shard's ordinal; a shard that is missing has none
     */
    record InHeapByShard(Shape shape, Map<Integer, HeapRows> rows) implements Moved {}

    /** In a temporary table of that name on each shard that needs them. */
    record InTable(String table) implements Moved {}
}
