package io.pgplex.routing.bind;

import org.jspecify.annotations.Nullable;

/**
 * One execution's parameter values as the application passed them. Indexes count from 0. Integers are readable without
 * boxing, so that the hot path allocates nothing.
 */
public interface Parameters {

    int count();

    /** Whether the value was passed as a byte, short, int or long; {@link #longValue} then has it. */
    boolean isLong(int index);

    long longValue(int index);

    /** The value as the application passed it; null for SQL NULL. */
    @Nullable
    Object value(int index);

    /** A statement without parameters. */
    Parameters NONE = new Parameters() {
        @Override
        public int count() {
            return 0;
        }

        @Override
        public boolean isLong(int index) {
            throw new IndexOutOfBoundsException(index);
        }

        @Override
        public long longValue(int index) {
            throw new IndexOutOfBoundsException(index);
        }

        @Override
        public Object value(int index) {
            throw new IndexOutOfBoundsException(index);
        }
    };
}
