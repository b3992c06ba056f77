package io.pgplex.routing.plan;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How PostgreSQL itself finishes what the shards began: the fragments' rows are put before one server as the relation
 * {@code pgplex_rows(c1, ..., cn)}, typed as the fragments reported, and this query runs over it. Immutable.
 *
 * @param pieces the query in parts, one after the other
 * @param parameters which value each {@code ?} takes, as in {@link Fragment}
 * @param combine how the client may combine the shards' only row itself, column by column; null where it may not
 */
public record Finish(
        List<Piece> pieces, int[] parameters, @Nullable List<Combine> combine) {

    public Finish {
        pieces = List.copyOf(pieces);
        combine = combine == null ? null : List.copyOf(combine);
    }

    /** A part of the query. */
    public sealed interface Piece {}

    /** Text as it stands. */
    public record Text(String sql) implements Piece {}

    /** All columns but the last {@code hidden} ones, each under the name that the fragments reported. */
    public record Columns(int hidden) implements Piece {}

    /** A column's name, {@code c3} for the third; negative numbers count from the end, -1 is the last. */
    public record Column(int column) implements Piece {}

    /** The type that the fragments reported for a column, from 1. */
    public record TypeOf(int column) implements Piece {}

    /**
     * {@code avg} from a column of sums and one of counts, as PostgreSQL's own avg of the summed type computes it:
     * numeric division for integer and numeric sums, double precision for floating point, interval division.
     *
     * @param sums fragment column of {@code sum(x)}, from 1
     * @param counts fragment column of {@code count(x)}, from 1
     */
    public record Average(int sums, int counts) implements Piece {}

    /** How one column of the shards' rows becomes one value. */
    public enum Combine {
        SUM,
        MINIMUM,
        MAXIMUM,
        AND,
        OR
    }
}
