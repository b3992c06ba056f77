package io.pgplex.metadata.store;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The metadata store could not do what it was asked. Checked: every caller must know what to do without the store. */
public final class MetadataException extends Exception {

    private static final long serialVersionUID = 1L;

    /** What went wrong. */
    public enum Kind {
        /** No server of the store can be reached, or the store is closed. */
        UNAVAILABLE,
        /** No answer within the timeout; a change may have happened or not. */
        TIMEOUT,
        /** The revision asked for is no longer kept. */
        COMPACTED,
        /** What is stored cannot be understood. */
        CORRUPT,
        /** The store refuses these credentials. */
        DENIED
    }

    private final Kind kind;

    public MetadataException(Kind kind, String message) {
        this(kind, message, null);
    }

    public MetadataException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = Objects.requireNonNull(kind, "kind");
    }

    public Kind kind() {
        return kind;
    }
}
