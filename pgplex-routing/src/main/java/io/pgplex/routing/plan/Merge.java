package io.pgplex.routing.plan;

import io.pgplex.metadata.model.TableName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the answers of several shards become one. */
public sealed interface Merge {

    /** Rows of one shard after those of another, in the order of shards; update counts are added. */
    record Concatenate(RowLimit limit) implements Merge {}

    /**
     * Rows by their sort keys.
     *
     * @param hiddenColumns how many columns at the end only sort; the application sees those before them
     * @param otherwise what to do when a key's type turns out to be one whose order the client cannot reproduce; null
     *     where the statement is then refused
     */
    record Sorted(
            List<SortKey> keys,
            int hiddenColumns,
            RowLimit limit,
            @Nullable Finish otherwise) implements Merge {
        public Sorted {
            keys = List.copyOf(keys);
        }
    }

    /** Partial results that one server finishes. */
    record Finished(Finish finish) implements Merge {}

    /** A write to a replicated table: its writers are put in an order, and the first shard's answer is the answer. */
    sealed interface OfCopies extends Merge {

        /** The table that is written. */
        TableName table();

        /**
         * How it is written instead while it has row triggers that run before the write, which could make each copy another:
         * by checked images. Null where it is refused then, or where this is that way itself.
         */
        @Nullable
        Scatter withTriggers();
    }

    /** Every shard runs the text, which does the same to every copy. */
    record Copies(TableName table, @Nullable Scatter withTriggers) implements OfCopies {}

    /**
     * Only the first shard runs the text, and returns an image of each row that it has written, from which the other copies
     * are written.
     *
     * @param everything what {@code RETURNING *} is called in the text
     * @param returned what the text must return behind what the application asked for: SQL of one value for each column
     * @param columns the columns of an image, as {@link Intermediate#columns} has them
     * @param apply the statement that writes the images to a copy, for each image one row; it names them as the intermediate
     *     {@link #IMAGES}
     * @param checked whether {@code apply} answers with two numbers, how many rows it has written and how many of them became
     *     another than their image, instead of a count
     */
    record Images(
            TableName table,
            String everything,
            List<String> returned,
            List<Intermediate.Column> columns,
            String apply,
            boolean checked,
            @Nullable Scatter withTriggers)
            implements OfCopies {

        /** The intermediate that holds the images. */
        public static final String IMAGES = "pgplex_image";

        public Images {
            returned = List.copyOf(returned);
            columns = List.copyOf(columns);
        }

        /** The same with a way that is taken while the table has triggers. */
        public Images withTriggers(@Nullable Scatter checkedImages) {
            return new Images(table, everything, returned, columns, apply, checked, checkedImages);
        }
    }
}
