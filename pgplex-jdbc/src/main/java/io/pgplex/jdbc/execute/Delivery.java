package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.execute.TemporaryTables.Target;
import io.pgplex.jdbc.intermediate.HeapRows;
import io.pgplex.jdbc.intermediate.Moved;
import io.pgplex.jdbc.intermediate.Shape;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one intermediate between its source and the shards that need them: in the heap while they are few, then in
 * temporary tables that are filled portion by portion. Confined to its session's thread.
 */
final class Delivery {

    /**
     * Bytes of data that stay in the heap where they need not. Up to here arrays are faster than CREATE TABLE, COPY and
     * ANALYZE: a broadcast on loopback to four shards, medians on a busy machine, took 2 ms with 10 rows (8 ms through
     * tables), 6 ms with 28 kB (14 ms), 16 ms with 224 kB (36 to 44 ms). It is also little beside any heap, however many
     * statements run at once.
     */
    static final int SMALL_BYTES = 256 * 1024;

    /** The same for rows that are looked up, for which only a table has an index. */
    private static final int SMALL_LOOKUP_BYTES = 16 * 1024;

    /** Characters of a key: a B-tree takes entries of 2704 bytes, a character at most four of them. */
    private static final int MAXIMUM_KEY_LENGTH = 600;

    /** Bytes of data in one COPY: enough that its round trip does not count, little beside any heap. */
    private static final int PORTION_BYTES = 1024 * 1024;

    /** What a value costs in the heap beside its characters: two object headers, length, reference. */
    private static final int VALUE_OVERHEAD_BYTES = 56;

    /** Rows for which a server is asked at once where their keys belong. */
    private static final int UNPLACED_ROWS = 1000;

    /** The part of the heap that rows may fill which must stay there: they are there twice while they are sent. */
    private static final int HEAP_SHARE = 8;

    private final Shape shape;
    private final List<Target> targets;
    private final MovementBudget budget;
    private final RunningStatement running;
    private final TemporaryTables tables;
    private final Lookups lookups;
    private final boolean everywhere;
    private final @Nullable KeyPlaces keys;
    private final int keyColumn;
    private final Map<Target, HeapRows> rowsByShard = new LinkedHashMap<>();
    private final HeapRows sameRows;
    private final List<@Nullable String[]> unplaced = new ArrayList<>();
    private final List<String> unknownKeys = new ArrayList<>();

    private long heapBytes;
    private long portionBytes;
    private long rows;
    private long bytes;
    private int longestKey;
    private boolean mustStay;
    private @Nullable String table;

    /**
     * @param targets the shards whose texts name the rows; none when nothing does
     * @param everywhere whether temporary tables may be on every shard
     * @param keyColumn the column by whose value each row goes to one shard, from 0; negative where every shard gets all
     */
    Delivery(
            Shape shape,
            List<Target> targets,
            boolean everywhere,
            TemporaryTables tables,
            @Nullable KeyPlaces keys,
            int keyColumn,
            Lookups lookups,
            MovementBudget budget,
            RunningStatement running) {
        this.shape = shape;
        this.targets = targets;
        this.everywhere = everywhere;
        this.tables = tables;
        this.keys = keys;
        this.keyColumn = keyColumn;
        this.lookups = lookups;
        this.budget = budget;
        this.running = running;
        this.sameRows = new HeapRows(shape.width());
    }

    /**
     * Takes the row on which the source's answer stands.
     *
     * @param name of the temporary table, should there be one
     */
    void add(ResultSet row, String name) throws SQLException {
        keep(row);
        int small = lookups.columns().isEmpty() ? SMALL_BYTES : SMALL_LOOKUP_BYTES;
        if (portionBytes > (table == null ? small : PORTION_BYTES)) {
            overflow(name);
        }
    }

    /** Takes the row and keeps it in the heap. */
    void keep(ResultSet row) throws SQLException {
        @Nullable String[] values = new String[shape.width()];
        for (int i = 0; i < values.length; i++) {
            values[i] = row.getString(i + 1);
        }
        int keyLength = 0;
        for (int column : lookups.places()) {
            String value = values[column];
            keyLength += value == null ? 0 : value.length();
        }
        longestKey = Math.max(longestKey, keyLength);
        KeyPlaces places = keys;
        if (places == null) {
            added(sameRows.add(values), targets.size());
        } else {
            String key = row.getString(keyColumn + 1);
            int owner = places.owner(key);
            if (key != null && owner == KeyPlaces.UNKNOWN) {
                unplaced.add(values);
                unknownKeys.add(key);
                if (unplaced.size() == UNPLACED_ROWS) {
                    placeRest();
                }
            } else {
                place(values, owner);
            }
        }
    }

    /** Has a server say where the rows belong whose keys the client could not hash. */
    private void placeRest() throws SQLException {
        KeyPlaces places = keys;
        if (places != null && !unplaced.isEmpty()) {
            int[] owners = places.askForOwners(unknownKeys);
            for (int i = 0; i < owners.length; i++) {
                place(unplaced.get(i), owners[i]);
            }
            unplaced.clear();
            unknownKeys.clear();
        }
    }

    private void place(@Nullable String[] values, int ordinal) throws SQLException {
        Target owner = target(ordinal);
        if (owner != null) {
            HeapRows own = rowsByShard.computeIfAbsent(owner, absent -> new HeapRows(values.length));
            added(own.add(values), 1);
        }
    }

    private @Nullable Target target(int ordinal) {
        for (Target target : targets) {
            if (target.shard().ordinal() == ordinal) {
                return target;
            }
        }
        return null;
    }

    private void added(long more, int copies) throws SQLException {
        rows += copies;
        bytes += more * copies;
        budget.spend(more * copies);
        portionBytes += more;
        heapBytes += more + (long) VALUE_OVERHEAD_BYTES * shape.width();
    }

    /** Sends a portion, or goes on in the heap where there can be no temporary table. */
    private void overflow(String name) throws SQLException {
        if (mustStay) {
            checkHeap();
            return;
        }
        if (table == null) {
            if (!tables.mayBeOn(targets, everywhere)) {
                mustStay = true;
                return;
            }
            tables.create(name, shape, targets, everywhere);
            table = name;
        }
        flush(name);
    }

    private void checkHeap() throws SQLException {
        long maximum = Runtime.getRuntime().maxMemory() / HEAP_SHARE;
        if (heapBytes > maximum) {
            throw PgplexErrors.error(
                    SqlState.LIMIT_EXCEEDED,
                    "rows that travel between shards for this statement exceed what the heap may hold (" + maximum
                            + " bytes)",
                    "Run the statement outside a transaction that writes or is read-only, where they can travel through"
                            + " temporary tables, or give the JVM more heap.");
        }
    }

    private void flush(String name) throws SQLException {
        budget.check();
        tables.copy(name, sameRows, keys == null ? targets : List.of(), running);
        for (Map.Entry<Target, HeapRows> own : rowsByShard.entrySet()) {
            tables.copy(name, own.getValue(), List.of(own.getKey()), running);
        }
        clear();
    }

    /** Forgets the rows that are in the heap. */
    void clear() {
        rowsByShard.clear();
        sameRows.clear();
        portionBytes = 0;
        heapBytes = 0;
    }

    /** Where the rows are, after the last one. */
    Moved finish() throws SQLException {
        placeRest();
        String filled = table;
        if (filled != null) {
            flush(filled);
            if (longestKey <= MAXIMUM_KEY_LENGTH) {
                for (List<String> columns : lookups.columns()) {
                    tables.index(filled, columns, targets);
                }
            }
            tables.analyze(filled, targets);
            return new Moved.InTable(filled);
        }
        return inHeap();
    }

    private Moved inHeap() {
        if (keys == null) {
            return new Moved.InHeap(shape, sameRows);
        }
        Map<Integer, HeapRows> byOrdinal = new LinkedHashMap<>();
        rowsByShard.forEach((target, own) -> byOrdinal.put(target.shard().ordinal(), own));
        return new Moved.InHeapByShard(shape, byOrdinal);
    }

    /** Bytes in the heap now. */
    long portionBytes() {
        return portionBytes;
    }

    /** Where the portion is that is in the heap now. */
    Moved portion() throws SQLException {
        placeRest();
        return inHeap();
    }

    long rows() {
        return rows;
    }

    long bytes() {
        return bytes;
    }

    /** The name of the table that holds the rows, or null. */
    @Nullable
    String table() {
        return table;
    }
}
