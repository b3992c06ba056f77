package io.pgplex.jdbc.intermediate;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows in the heap, column by column, every value in the text form of the server that sent it. Confined to a thread. */
public final class HeapRows {

    private final List<List<@Nullable String>> columns;
    private int rows;
    private long bytes;

    public HeapRows(int columns) {
        this.columns = new ArrayList<>(columns);
        for (int i = 0; i < columns; i++) {
            this.columns.add(new ArrayList<>());
        }
    }

    /**
     * Adds a row.
     *
     * @param values at least as many as there are columns
     * @return the bytes of data in it, about: its characters, and one for the end of each value
     */
    public long add(@Nullable String[] values) {
        long added = 0;
        for (int i = 0; i < columns.size(); i++) {
            String value = values[i];
            columns.get(i).add(value);
            added += value == null ? 1 : value.length() + 1L;
        }
        rows++;
        bytes += added;
        return added;
    }

    /** The values of each column. */
    public List<List<@Nullable String>> columns() {
        return columns;
    }

    public int rowCount() {
        return rows;
    }

    /** Bytes of data, about. */
    public long bytes() {
        return bytes;
    }

    public void clear() {
        columns.forEach(List::clear);
        rows = 0;
        bytes = 0;
    }
}
